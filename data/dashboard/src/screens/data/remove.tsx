// Nothing is deleted unseen: the server says first what it would take, in the same words as afterwards.

import { useEffect, useState } from "preact/hooks";

import { send } from "../../lib/api.ts";
import { Trouble, useAction } from "../../parts/action.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { type Deletion, latest } from "./deleted.tsx";
import { plain } from "./words.ts";

/** One of the forms that `POST /api/v1/deletions` takes, such as `{ delivery: { id } }`. */
export type Target = Record<string, Record<string, string | number | undefined>>;

/** The preview, and the button that means it. */
export function Remove({ target, close }: { target: Target; close: () => void }) {
  const [found, setFound] = useState<Deletion>();
  const correcting = "correction" in target;
  const look = useAction(async () => setFound(await send<Deletion>("POST", "/api/v1/deletions", { ...target, dry_run: true }, true)));
  const go = useAction(async () => {
    latest.value = await send<Deletion>("POST", "/api/v1/deletions", target);
    close();
    scrollTo(0, 0);
  });
  useEffect(() => void look.act(), []);
  return (
    <Dialog title={correcting ? "Correct this value?" : "Delete this?"} close={close}>
      {look.busy && <p class="muted" role="status">Counting…</p>}
      <Trouble action={look} />
      {found && (
        <>
          <p>{correcting ? "Changes " : "Deletes "}<b>{plain(found.what)}</b>.</p>
          <p class="muted">It stays that way if the phone sends it again. You can undo this at any time under Deletions.</p>
          <Trouble action={go} />
          <p class="buttons">
            <button type="button" class={correcting ? undefined : "danger"} disabled={go.busy} onClick={() => void go.act()}>{correcting ? "Correct" : "Delete"}</button>
            <button type="button" class="quiet" onClick={close}>Cancel</button>
          </p>
        </>
      )}
    </Dialog>
  );
}
