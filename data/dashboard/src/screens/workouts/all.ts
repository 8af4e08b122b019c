// All workouts of a stretch of time. Weeks are summed here, so the pages are asked for one after the other until there are
// no more; a page holds some years of daily training.

import { useEffect, useState } from "preact/hooks";

import { type Answer, ask, changes, type Params, type Problem } from "../../lib/api.ts";
import type { Workout } from "../../lib/workouts.ts";

export function useAll(params: Params): Answer<Workout[]> {
  const [answer, setAnswer] = useState<Answer<Workout[]>>({ loading: true });
  useEffect(() => {
    const stop = new AbortController();
    setAnswer((before) => ({ ...before, loading: true }));
    all(params, stop.signal).then(
      (data) => setAnswer({ data, loading: false }),
      (error: Problem) => stop.signal.aborted || setAnswer({ error, loading: false }),
    );
    return () => stop.abort();
  }, [JSON.stringify(params), changes.value]);
  return answer;
}

async function all(params: Params, stop: AbortSignal): Promise<Workout[]> {
  const found: Workout[] = [];
  let cursor: string | undefined;
  do {
    const page = await ask<{ workouts: Workout[]; next_cursor?: string }>("/api/v1/workouts", { ...params, cursor }, stop);
    found.push(...page.workouts);
    cursor = page.next_cursor;
  } while (cursor);
  return found;
}
