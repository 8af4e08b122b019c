// One delivery: where it came from, what became of each metric in it, and what can still be done with it.

import { useState } from "preact/hooks";

import { send, useAnswer } from "../../lib/api.ts";
import { bytes, count, dateTime, number } from "../../lib/format.ts";
import { href } from "../../lib/router.ts";
import { session } from "../../lib/session.ts";
import { Trouble, useAction } from "../../parts/action.tsx";
import { Card } from "../../parts/card.tsx";
import { Shown } from "../../parts/state.tsx";
import { Remove } from "./remove.tsx";
import { type Counts, type Delivery, formatName, nameOf, plain, type Receipt, sender, verdict } from "./words.ts";

export function OneDelivery({ id }: { id: string }) {
  const answer = useAnswer<Delivery>(`/api/v1/deliveries/${encodeURIComponent(id)}`);
  return (
    <>
      <p><a href={href("data", "deliveries")}>‹ All deliveries</a></p>
      <Shown answer={answer}>{(one) => <Told one={one} />}</Shown>
    </>
  );
}

const COLUMNS: [of: keyof Counts, words: string][] = [["received", "Received"], ["stored", "New"], ["updated", "Replaced"], ["unchanged", "Known"], ["quarantined", "Not understood"]];

function Told({ one }: { one: Delivery }) {
  const metrics = Object.entries(one.by_metric);
  return (
    <div class="grid">
      <Card title={`From ${sender(one)}`} note={dateTime(one.received_at)}>
        <p>{verdict(one)}.</p>
        <dl class="facts">
          {origin(one).map(([name, value]) => value && <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}
        </dl>
      </Card>
      {session.value?.admin && <Do one={one} />}
      {metrics.length > 0 && (
        <Card wide title="What was in it">
          <div class="scroll" tabIndex={0} role="region" aria-label="What was in it">
            <table>
              <thead><tr><th scope="col">Metric</th>{COLUMNS.map(([of, words]) => <th key={of} scope="col" class="number">{words}</th>)}</tr></thead>
              <tbody>
                {metrics.map(([name, counts]) => (
                  <tr key={name}><th scope="row">{nameOf(name)}</th>{COLUMNS.map(([of]) => <td key={of} class="number">{counts[of] ? number(counts[of], 0) : <span class="muted">0</span>}</td>)}</tr>
                ))}
              </tbody>
            </table>
          </div>
        </Card>
      )}
      <Problems one={one} />
    </div>
  );
}

const origin = (one: Delivery): [name: string, value: string | undefined][] => [
  ["Sent by", formatName(one.format)],
  ["Automation", one.automation_name],
  ["Summarised by", one.automation_aggregation],
  ["Period", one.automation_period],
  ["File", one.file],
  ["Kind of body", one.content_type],
  ["Size", bytes(one.bytes)],
  ["Decoded again", one.replayed_at && dateTime(one.replayed_at)],
  ["Number", one.delivery],
];

function Problems({ one }: { one: Delivery }) {
  const deferred = Object.entries(one.deferred ?? {});
  const told = [...one.problems, ...(one.notes ?? [])];
  if (!told.length && !deferred.length) return null;
  return (
    <Card wide title="What was odd" actions={(one.quarantined > 0 || one.refused) && <a class="button quiet" href={href("data", "quarantine", { delivery: one.delivery })}>See the items in quarantine</a>}>
      <ul class="plain-list odd">
        {told.map(({ path, reason }, at) => <li key={at}>{plain(reason)} <code>{path}</code></li>)}
        {deferred.map(([kind, items]) => <li key={kind}>{count(items, "item")} of the kind <code>{kind}</code>, which is not known yet: kept for a later version</li>)}
      </ul>
      {one.quarantined > one.problems.length && <p class="muted">These are the first {one.problems.length} of {count(one.quarantined, "item")} that were not understood.</p>}
    </Card>
  );
}

interface Replay extends Receipt {
  deliveries: number;
  changed: number;
  understood: number;
  no_longer_understood: number;
  quarantined_before: number;
  quarantined_after: number;
  without_body: number;
  dry_run: boolean;
}

function Do({ one }: { one: Delivery }) {
  const [deleting, setDeleting] = useState(false);
  const [told, setTold] = useState<Replay>();
  const replay = useAction(async (dry: boolean) => {
    const query = new URLSearchParams({ delivery: one.delivery, dry_run: String(dry) });
    setTold(await send<Replay>("POST", `/api/v1/replay?${query}`, undefined, dry));
  });
  return (
    <Card title="What you can do">
      <p>After an update more may be understood. Decoding again reads the kept body anew; what later deliveries have written stays.</p>
      <p class="buttons">
        <button type="button" class="quiet" disabled={replay.busy} onClick={() => void replay.act(true)}>{replay.busy ? "Reading…" : "Try to decode it again"}</button>
        {told?.dry_run && told.changed > 0 && <button type="button" disabled={replay.busy} onClick={() => void replay.act(false)}>Decode it again</button>}
      </p>
      <div role="status">{told && <p class="notice">{outcome(told)}</p>}</div>
      <Trouble action={replay} />
      <p class="buttons"><button type="button" class="danger" onClick={() => setDeleting(true)}>Delete what this delivery brought…</button></p>
      {deleting && <Remove target={{ delivery: { id: one.delivery } }} close={() => setDeleting(false)} />}
    </Card>
  );
}

function outcome(replay: Replay): string {
  const { dry_run: dry, without_body: without, changed, quarantined_before: before, quarantined_after: after, no_longer_understood: lost } = replay;
  if (without) return "Its body is not kept: imports of export files are not, nor bodies older than the server keeps them. Import the file again instead.";
  if (lost) return "It is not understood any more. What was stored of it stays.";
  if (!changed) return "It reads as it did before: nothing would change.";
  return `${dry ? "It would give" : "Done"}: ${verdict(replay)}. Not understood: ${number(before, 0)} before, ${number(after, 0)} ${dry ? "then" : "now"}.`;
}
