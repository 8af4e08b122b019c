// What a button does on the server: it is busy meanwhile, and why it failed is told beside it.

import { useState } from "preact/hooks";

import { Problem } from "../lib/api.ts";

export interface Action<A extends unknown[]> {
  act: (...given: A) => Promise<void>;
  busy: boolean;
  problem: string;
}

export function useAction<A extends unknown[]>(work: (...given: A) => Promise<unknown>): Action<A> {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const act = async (...given: A) => {
    setBusy(true);
    setProblem("");
    try {
      await work(...given);
    } catch (fault) {
      setProblem(fault instanceof Problem ? fault.message : String(fault));
    }
    setBusy(false);
  };
  return { act, busy, problem };
}

export function Trouble({ action }: { action: Pick<Action<never>, "problem"> }) {
  return action.problem ? <p class="problem" role="alert">{action.problem}</p> : null;
}
