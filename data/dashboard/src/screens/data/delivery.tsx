// One delivery: where it came from, what became of each metric in it, and what can still be done with it.

import { useState } from "preact/hooks";

import { address, send, useAnswer } from "../../lib/api.ts";
import { bytes, count, dateTime, number } from "../../lib/format.ts";
import { href } from "../../lib/router.ts";
import { session } from "../../lib/session.ts";
import { Trouble, useAction } from "../../parts/action.tsx";
import { Card } from "../../parts/card.tsx";
import { Shown } from "../../parts/state.tsx";
import { Remove } from "./remove.tsx";
import { type Counts, type Delivery, formatName, nameOf, sender, verdict, verdictOf } from "./words.ts";

export function OneDelivery({ id }: { id: string }) {
  const answer = useAnswer<Delivery>(`/api/v1/deliveries/${encodeURIComponent(id)}`);
  return (
    <>
      <p><a href={href("data", "deliveries")}>‹ All deliveries</a></p>
      <Shown answer={answer}>{(one) => <Told one={one} />}</Shown>
    </>
  );
}

function Told({ one }: { one: Delivery }) {
  const metrics = Object.entries(one.by_metric);
  const { automation_aggregation: grain, automation_period: period, file, replayed_at: again } = one;
  const facts = [formatName(one.format), grain && `aggregation ${grain}`, period && `period ${period}`, file, bytes(one.bytes), again && `decoded again ${dateTime(again)}`];
  return (
    <div class="grid">
      <Card title={`From ${sender(one)}`} note={dateTime(one.received_at)}>
        <p>{verdict(one)}.</p>
        <p class="muted">{facts.filter(Boolean).join(" · ")}</p>
        {session.value?.admin && <Do one={one} />}
      </Card>
      {metrics.length > 0 && (
        <Card title="What was in it">
          <ul class="rows wraps">{metrics.map(([name, counts]) => <li key={name}><span>{nameOf(name)}</span><span class="muted">{verdictOf(counts, one)}</span></li>)}</ul>
        </Card>
      )}
      <Problems one={one} />
    </div>
  );
}

function Problems({ one }: { one: Delivery }) {
  const deferred = Object.entries(one.deferred ?? {});
  const told = [...one.problems, ...(one.notes ?? [])];
  if (!told.length && !deferred.length) return null;
  return (
    <Card wide title="What was odd" note={one.problems.length === 20 && "the first 20"} actions={(one.quarantined > 0 || one.refused) && <a class="button quiet" href={href("data", "quarantine", { delivery: one.delivery })}>The items in quarantine</a>}>
      <ul class="plain-list odd">
        {told.map(({ path, reason }, at) => <li key={at}>{reason} <code>{path}</code></li>)}
        {deferred.map(([kind, items]) => <li key={kind}>{count(items, "item")} kept for a later version: <code>{kind}</code></li>)}
      </ul>
    </Card>
  );
}

interface Replay extends Counts {
  changed: number;
  no_longer_understood: number;
  quarantined_before: number;
  quarantined_after: number;
  without_body: number;
  dry_run: boolean;
}

function Do({ one }: { one: Delivery }) {
  const [deleting, setDeleting] = useState(false);
  const [told, setTold] = useState<Replay>();
  const replay = useAction(async (dry: boolean) => setTold(await send<Replay>("POST", address("/api/v1/replay", { delivery: one.delivery, dry_run: dry }), undefined, dry)));
  return (
    <>
      <p class="buttons">
        <button class="quiet" disabled={replay.busy} onClick={() => void replay.act(true)}>Try to decode it again…</button>
        {told?.dry_run && told.changed > 0 && <button disabled={replay.busy} onClick={() => void replay.act(false)}>Decode it again</button>}
        <button class="danger" onClick={() => setDeleting(true)}>Delete what it brought…</button>
      </p>
      <div role="status">{told && <p class="notice">{outcome(told)}</p>}</div>
      <Trouble action={replay} />
      {deleting && <Remove target={{ delivery: { id: one.delivery } }} close={() => setDeleting(false)} />}
    </>
  );
}

function outcome(replay: Replay): string {
  if (replay.without_body) return "Its body is not kept. Import the file again instead.";
  if (replay.no_longer_understood) return "It is not understood any more. What is stored stays.";
  if (!replay.changed) return "Nothing changes: it reads as before.";
  return `${replay.dry_run ? "It would be" : "Done"}: ${verdict(replay)}. Not understood: ${number(replay.quarantined_before, 0)} before, ${number(replay.quarantined_after, 0)} after.`;
}
