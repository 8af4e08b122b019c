// What was just deleted, on every part of Data health, with the way back at hand.

import { signal } from "@preact/signals";

import { send } from "../../lib/api.ts";
import { Trouble, useAction } from "../../parts/action.tsx";
import { plain } from "./words.ts";

/** A deletion, or what one would be. */
export interface Deletion {
  /** Null of a preview. */
  id: string | null;
  at: string;
  by: string;
  what: string;
  target: Record<string, Record<string, unknown>>;
  note?: string;
  samples: number;
  workouts: number;
  events: number;
  nights: number;
  /** Items that came again since, and were kept out. */
  kept_out: number;
  undone_at: string | null;
  permanent_at?: string;
}

export const latest = signal<Deletion | undefined>(undefined);

export const undo = ({ id }: Deletion): Promise<Deletion> => send<Deletion>("POST", `/api/v1/deletions/${id}/undo`);

export function Deleted() {
  const deletion = latest.value;
  const back = useAction(async (one: Deletion) => (latest.value = await undo(one)));
  return (
    <div role="status">
      {deletion && (
        <div class="toast">
          <p>{deletion.undone_at ? "Brought back" : deletion.target.correction ? "Corrected" : "Deleted"}: {plain(deletion.what)}.</p>
          <span class="buttons">
            {!deletion.undone_at && !deletion.permanent_at && <button class="tiny" disabled={back.busy} onClick={() => void back.act(deletion)}>Undo</button>}
            <button class="quiet tiny" aria-label="Put this message away" onClick={() => (latest.value = undefined)}>✕</button>
          </span>
          <Trouble action={back} />
        </div>
      )}
    </div>
  );
}
