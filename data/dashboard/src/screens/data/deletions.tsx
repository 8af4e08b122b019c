// Deleting and correcting, and everything that was deleted, with the way back.

import type { ScreenProps } from "../../app.tsx";
import { ago, count, dateTime } from "../../lib/format.ts";
import { session } from "../../lib/session.ts";
import { Trouble, useAction } from "../../parts/action.tsx";
import { Card } from "../../parts/card.tsx";
import { More, usePages } from "../../parts/pages.tsx";
import { Shown } from "../../parts/state.tsx";
import { Choose } from "./choose.tsx";
import { type Deletion, undo } from "./deleted.tsx";
import { plain } from "./words.ts";

export function Deletions(_: ScreenProps) {
  return (
    <div class="grid">
      <Card wide title="Delete or correct" note={session.value?.admin ? "you see what it would take before anything happens" : undefined}>
        {session.value?.admin ? <Choose /> : <p>Only who looks after the server can delete and correct.</p>}
        <p class="notice">
          What is deleted stays away when the phone sends it again, and can be brought back below at any time: the kept deliveries still hold it, and so do backups.
        </p>
      </Card>
      <Audit />
    </div>
  );
}

function Audit() {
  const pages = usePages<Deletion>("/api/v1/deletions", "deletions", { limit: 25 });
  return (
    <Card wide title="What was deleted" note="newest first">
      <Shown answer={pages} isEmpty={(rows) => !rows.length} empty="Nothing was ever deleted or corrected.">
        {(rows) => <ul class="rows">{rows.map((one) => <Row key={one.id} one={one} />)}</ul>}
      </Shown>
      <More pages={pages} />
    </Card>
  );
}

function Row({ one }: { one: Deletion }) {
  const back = useAction(() => undo(one));
  const { correction } = one.target;
  const facts = [
    <time key="at" dateTime={one.at} title={ago(one.at)}>{dateTime(one.at)}</time>,
    one.by === "session" ? "in a browser" : `with the key ${one.by}`,
    one.kept_out > 0 && `${count(one.kept_out, "item")} came again since and ${one.kept_out === 1 ? "was" : "were"} kept out`,
    one.undone_at && `brought back ${dateTime(one.undone_at)}`,
  ].filter(Boolean);
  return (
    <li class={one.undone_at ? "undone" : undefined}>
      <div>
        <b>{correction ? `Corrected to ${correction.value}: ` : ""}{plain(one.what)}</b>
        {one.note && <div>“{one.note}”</div>}
        <div class="muted small">{facts.map((fact, at) => <span key={at}>{at > 0 && " · "}{fact}</span>)}</div>
        <Trouble action={back} />
      </div>
      <div>
        {one.undone_at ? <span class="done">✓ Undone</span>
          : session.value?.admin && <button class="quiet tiny" disabled={back.busy} aria-label={`Undo: ${plain(one.what)}`} onClick={() => void back.act()}>Undo</button>}
      </div>
    </li>
  );
}
