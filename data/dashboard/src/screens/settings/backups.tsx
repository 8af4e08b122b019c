import { useState } from "preact/hooks";

import { send, useAnswer } from "../../lib/api.ts";
import { ago, bytes, count, dateTime, number } from "../../lib/format.ts";
import { Trouble, useAction } from "../../parts/action.tsx";
import { Card } from "../../parts/card.tsx";
import { Shown } from "../../parts/state.tsx";

interface Backup {
  name: string;
  at: string;
  bytes: number;
}

interface Made extends Backup {
  seconds: number;
  deliveries: number;
  samples: number;
  removed: string[];
}

const FEW = 5;

export function Backups({ title }: { title: string }) {
  const answer = useAnswer<{ backups: Backup[] }>("/api/v1/backups");
  const [made, setMade] = useState<Made>();
  const make = useAction(async () => {
    setMade(undefined);
    setMade(await send<Made>("POST", "/api/v1/backup"));
  });
  return (
    <Card title={title} note="checked before they count" actions={<button type="button" disabled={make.busy} onClick={() => void make.act()}>{make.busy ? "Making a backup…" : "Back up now"}</button>}>
      <div role="status">
        {make.busy && <p><progress aria-label="Making a backup" /> It is made and then checked; this may take a minute.</p>}
        {made && <p class="done">{told(made)}</p>}
      </div>
      <Trouble action={make} />
      <Shown answer={answer} isEmpty={({ backups }) => backups.length === 0} empty="There is no backup yet.">
        {({ backups }) => (
          <>
            <List backups={backups.slice(0, FEW)} />
            {backups.length > FEW && <details><summary>{count(backups.length - FEW, "older one")}</summary><List backups={backups.slice(FEW)} /></details>}
          </>
        )}
      </Shown>
      <p class="muted small">They are stored on the server. Copy them to another machine as well; <code>health-export restore</code> puts one back.</p>
    </Card>
  );
}

const told = ({ seconds, samples, deliveries, removed, bytes: size }: Made): string =>
  `Made and checked in ${number(seconds, 1)} seconds: ${count(samples, "sample")} and ${count(deliveries, "delivery", "deliveries")} in ${bytes(size)}.` +
  (removed.length ? ` ${count(removed.length, "old backup")} ${removed.length === 1 ? "was" : "were"} removed.` : "");

function List({ backups }: { backups: Backup[] }) {
  return (
    <ul class="rows">
      {backups.map((one) => (
        <li key={one.name}>
          <div><b>{dateTime(one.at)}</b> <div class="muted small">{ago(one.at)} · <code>{one.name}</code></div></div>
          <span>{bytes(one.bytes)}</span>
        </li>
      ))}
    </ul>
  );
}
