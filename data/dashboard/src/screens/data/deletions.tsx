// Deleting and correcting, and everything that was deleted, with the way back.

import { useState } from "preact/hooks";

import type { ScreenProps } from "../../app.tsx";
import { send } from "../../lib/api.ts";
import { count, dateTime } from "../../lib/format.ts";
import { session } from "../../lib/session.ts";
import { Trouble, useAction } from "../../parts/action.tsx";
import { Card } from "../../parts/card.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { More, usePages } from "../../parts/pages.tsx";
import { Shown } from "../../parts/state.tsx";
import { Choose } from "./choose.tsx";
import { type Deletion, undo } from "./deleted.tsx";
import { plain } from "./words.ts";

export function Deletions(_: ScreenProps) {
  return (
    <div class="grid">
      <Card wide title="Delete or correct">
        {session.value?.admin ? <Choose /> : <p>Only the server's administrator can delete and correct data.</p>}
        <p class="notice">
          Deleted data stays deleted if the phone sends it again. You can undo a deletion below until you destroy it for good; until then it is still in the stored deliveries, and in backups.
        </p>
      </Card>
      <Audit />
    </div>
  );
}

function Audit() {
  const pages = usePages<Deletion>("/api/v1/deletions", "deletions", { limit: 25 });
  return (
    <Card wide title="What was deleted">
      <Shown answer={pages} isEmpty={(rows) => !rows.length} empty="Nothing yet.">
        {(rows) => <ul class="rows">{rows.map((one) => <Row key={one.id} one={one} />)}</ul>}
      </Shown>
      <More pages={pages} />
    </Card>
  );
}

function Row({ one }: { one: Deletion }) {
  const [destroying, setDestroying] = useState(false);
  const back = useAction(() => undo(one));
  const facts = [
    dateTime(one.at),
    one.by === "session" ? "in a browser" : `with the key ${one.by}`,
    one.kept_out > 0 && `kept out ${count(one.kept_out, "item")} that came again`,
    one.undone_at && `brought back ${dateTime(one.undone_at)}`,
    one.permanent_at && `destroyed ${dateTime(one.permanent_at)}`,
  ];
  return (
    <li class={one.undone_at ? "undone" : undefined}>
      <div>
        <b>{one.target.correction && "Corrected: "}{plain(one.what)}</b>
        {one.note && <div>“{one.note}”</div>}
        <div class="muted small">{facts.filter(Boolean).join(" · ")}</div>
        <Trouble action={back} />
      </div>
      <div>
        {one.undone_at ? <span class="done">✓ Undone</span>
          : one.permanent_at ? <span class="done">Permanent</span>
          : session.value?.admin && (
            <span class="buttons">
              <button class="quiet tiny" aria-label={`Undo: ${plain(one.what)}`} disabled={back.busy} onClick={() => void back.act()}>Undo</button>
              {!one.target.correction && <button class="quiet tiny" aria-label={`Destroy: ${plain(one.what)}`} onClick={() => setDestroying(true)}>Destroy…</button>}
            </span>
          )}
      </div>
      {destroying && <Destroy one={one} close={() => setDestroying(false)} />}
    </li>
  );
}

/** Makes a deletion permanent. */
function Destroy({ one, close }: { one: Deletion; close: () => void }) {
  const go = useAction(async () => {
    await send("POST", `/api/v1/deletions/${one.id}/permanent`);
    close();
  });
  return (
    <Dialog title="Destroy this for good?" close={close}>
      <p>It destroys <b>{plain(one.what)}</b>, and the kept deliveries that told of it. Nothing brings it back.</p>
      <p class="muted">It stays away when the phone sends it again. Backups that were made before have it until they are removed.</p>
      <Trouble action={go} />
      <p class="buttons">
        <button type="button" class="danger" disabled={go.busy} onClick={() => void go.act()}>Destroy</button>
        <button type="button" class="quiet" onClick={close}>Cancel</button>
      </p>
    </Dialog>
  );
}
