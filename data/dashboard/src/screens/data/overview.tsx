// What a person should know first, in sentences; then everything that is followed, and who sends it.

import { useAnswer } from "../../lib/api.ts";
import { dateOf } from "../../lib/days.ts";
import { ago, count, date, number, title } from "../../lib/format.ts";
import { later } from "../../lib/later.tsx";
import { type Stored, useMetrics } from "../../lib/metrics.ts";
import { href, route, setQuery } from "../../lib/router.ts";
import { Card } from "../../parts/card.tsx";
import { Shown } from "../../parts/state.tsx";
import type { Entry } from "./entry.tsx";
import { type Delivery, every, formatName, nameOf, plain } from "./words.ts";

interface Automation {
  name?: string;
  id?: string;
  format: string;
  last_delivery: string;
  deliveries: number;
  usual_interval_minutes?: number;
  silent_minutes: number;
  /** Silent for longer than is usual. */
  overdue: boolean;
}

interface Coverage {
  summary: string[];
  entries: Entry[];
  automations: Automation[];
}

/** Its calendar is fetched by those who open one. */
const Followed = later(async () => (await import("./entry.tsx")).Followed);

export function Overview() {
  const answer = useAnswer<Coverage>("/api/v1/coverage");
  return (
    <Shown answer={answer} isEmpty={({ entries, automations }) => !entries.length && !automations.length} empty={<>Nothing has come yet. <a href={href("connect")}>Connect a phone</a></>}>
      {({ summary, entries, automations }) => (
        <div class="grid">
          <Card wide title="What you should know">
            {summary.length ? <ul class="told-list">{summary.map((one) => <li key={one}>{plain(one)}.</li>)}</ul> : <p>✓ Nothing is missing.</p>}
          </Card>
          <Automations rows={automations} />
          <Unknown />
          <Entries entries={entries.filter(({ of_days }) => of_days > 0)} />
        </div>
      )}
    </Shown>
  );
}

function Automations({ rows }: { rows: Automation[] }) {
  return (
    <Card title="Automations">
      {!rows.length && <p class="empty">None yet.</p>}
      <ul class="rows">
        {rows.map((one) => (
          <li key={one.id ?? one.name ?? one.format}>
            <div>
              {one.name ? <a href={href("data", "deliveries", { automation: one.id ?? one.name })}>{one.name}</a> : <b>{formatName(one.format)}</b>}
              <div class="muted small">
                {count(one.deliveries, "delivery", "deliveries")}{one.usual_interval_minutes !== undefined && `, usually ${every(one.usual_interval_minutes)}`}
              </div>
            </div>
            <div class={one.overdue ? "silent" : undefined}>{one.overdue ? "! Silent: last " : one.usual_interval_minutes ? "✓ Last " : "Last "}{ago(one.last_delivery)}</div>
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** What the program does not know: metrics without a meaning, and kinds of items that it keeps for later. */
function Unknown() {
  const metrics = useMetrics();
  const receipts = useAnswer<{ deliveries: Delivery[] }>("/api/v1/deliveries", { limit: 50 }).data?.deliveries ?? [];
  const deferred: Record<string, number> = {};
  receipts.flatMap((one) => Object.entries(one.deferred ?? {})).forEach(([kind, items]) => (deferred[kind] = (deferred[kind] ?? 0) + items));
  const strange = metrics.data?.metrics.filter(({ kind }: Omit<Stored, "kind"> & { kind: string }) => kind === "unknown") ?? [];
  const rows = [
    ...strange.map(({ name, count: many }) => [<a key={name} href={href("metric", name)}>{title(name)}</a>, `${count(many, "sample")}, under its own name`]),
    ...Object.entries(deferred).map(([kind, items]) => [<code key={kind}>{kind}</code>, `${count(items, "item")}, kept for a later version`]),
  ];
  return (
    <Card title="Unrecognized types" note="stored, or in the latest deliveries">
      {rows.length ? <ul class="rows wraps">{rows.map(([name, what], at) => <li key={at}>{name}<span class="muted">{what}</span></li>)}</ul> : <p>✓ None.</p>}
    </Card>
  );
}

function Entries({ entries }: { entries: Entry[] }) {
  const chosen = entries.find(({ name }) => name === route.value.query.get("entry"));
  const sorted = entries.toSorted((a, b) => Number(Boolean(b.stopped)) - Number(Boolean(a.stopped)));
  return (
    <Card wide title="All data types" note="choose one to see its days and gaps">
      <table class="followed">
        <thead>
          <tr>
            <th scope="col">What</th><th scope="col" class="extra">First</th><th scope="col">Last</th>
            <th scope="col" class="number">Days with data</th><th scope="col" class="number">Gaps</th><th scope="col" class="extra">Usually</th>
          </tr>
        </thead>
        <tbody>
          {sorted.map((entry) => (
            <tr key={entry.name}>
              <th scope="row">
                <button class="link" onClick={() => setQuery({ entry: entry.name })}>{nameOf(entry.name)}</button>
                {entry.stopped && <small class="silent">! stopped {count(entry.stopped.days_ago, "day")} ago</small>}
                {entry.late > 0 && <small class="muted">{count(entry.late, "sample")} came over a day late</small>}
              </th>
              <td class="extra">{date(dateOf(entry.first))}</td>
              <td>{date(dateOf(entry.last))}</td>
              <td class="number">{number(entry.days, 0)} <span class="muted">of {number(entry.of_days, 0)}</span></td>
              <td class="number">{entry.gaps.length || "none"}</td>
              <td class="extra">{entry.usual_interval_days ? every(entry.usual_interval_days * 1440) : "–"}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {chosen && <Followed entry={chosen} close={() => setQuery({ entry: undefined })} />}
    </Card>
  );
}

