// A day at a glance: each number beside what is usual for this person, and when the phone last sent anything.

import { useAnswer } from "../lib/api.ts";
import { addDays, today } from "../lib/days.ts";
import { ago, date, dateTime, minutes, number, title, unitOf } from "../lib/format.ts";
import { href, route, setQuery } from "../lib/router.ts";
import { session } from "../lib/session.ts";
import { Spark } from "../parts/spark.tsx";
import { Shown } from "../parts/state.tsx";

interface Usual {
  low: number;
  high: number;
  median: number;
  days: number;
}

/** See `GET /api/v1/today`. */
interface Tile {
  metric: string;
  kind: "total" | "level" | "sleep";
  stat: string;
  unit: string;
  value: number | null;
  at?: string;
  complete: boolean;
  usual: Usual | null;
  state: "below" | "within" | "above" | "unknown";
  days: (number | null)[];
}

interface Day {
  date: string;
  last_sync: { at: string; automation?: string } | null;
  tiles: Tile[];
}

/** Phones send when they are unlocked and charged, so a day without anything is the first that says something. */
const LATE_HOURS = 24;

export function Today() {
  const day = route.value.query.get("date") ?? today();
  const answer = useAnswer<Day>("/api/v1/today", { date: day });
  const isToday = day >= today();
  const go = (to: string) => setQuery({ date: to >= today() ? undefined : to });
  return (
    <>
      <h1>{isToday ? "Today" : date(day, { weekday: "long", day: "numeric", month: "long", year: "numeric" })}</h1>
      <div class="spans">
        <div class="steps">
          <button class="quiet" aria-label="The day before" onClick={() => go(addDays(day, -1))}>‹</button>
          <span aria-live="polite">{date(day)}</span>
          <button class="quiet" aria-label="The day after" disabled={isToday} onClick={() => go(addDays(day, 1))}>›</button>
        </div>
        {answer.data && <Sync last={answer.data.last_sync} />}
      </div>
      <Shown answer={answer} isEmpty={({ tiles }) => tiles.length === 0} empty={<Nothing />}>
        {({ tiles }) => <ul class="tiles">{tiles.map((tile) => <TileView key={tile.metric} tile={tile} today={isToday} />)}</ul>}
      </Shown>
    </>
  );
}

function Nothing() {
  return <>Nothing has been sent in the last 60 days. {session.value?.admin && <><a href={href("connect")}>Connect a phone</a>, or <a href={href("data", "import")}>import an export</a>.</>}</>;
}

function Sync({ last }: { last: Day["last_sync"] }) {
  if (!last) return <p class="sync">Nothing has been received yet.</p>;
  const late = Date.now() - Date.parse(last.at) > LATE_HOURS * 3_600_000;
  return (
    <p class={late ? "sync late" : "sync"}>
      <a href={href("data", "deliveries")} title={dateTime(last.at)}>{late && <b>Late: </b>}last received {ago(last.at)}</a>
      {last.automation && <span class="muted"> from {last.automation}</span>}
    </p>
  );
}

const link = ({ kind, metric }: Tile): string => (kind === "sleep" ? href("sleep") : href("metric", metric, { range: "M" }));

const name = (tile: Tile): string => (tile.kind === "sleep" ? "Sleep" : title(tile.metric));

function write({ kind, unit, metric }: Tile, value: number): { text: string; unit: string } {
  if (kind === "sleep" || unit === "min") return { text: minutes(value), unit: "" };
  return { text: number(value), unit: unitOf(metric, unit) };
}

function TileView({ tile, today: isToday }: { tile: Tile; today: boolean }) {
  const { value, usual, days } = tile;
  const shown = value === null ? undefined : write(tile, value);
  return (
    <li class="tile">
      <h2><a href={link(tile)}>{name(tile)}</a></h2>
      <p class="value" data-metric={tile.metric} data-value={value ?? ""}>{shown ? <>{shown.text} <small>{shown.unit}</small></> : <span class="muted">no data {isToday && "yet"}</span>}</p>
      <p class={`state ${tile.state}`}>{words(tile, isToday)}</p>
      <Spark values={days} band={usual ? [usual.low, usual.high] : undefined} label={`${name(tile)} over the last ${days.length} days`} />
    </li>
  );
}

/** What the number means, for this person. */
function words(tile: Tile, isToday: boolean): string {
  const { state, usual, value, complete, kind, at } = tile;
  if (value === null) return at ? `last ${ago(at)}` : "";
  if (!usual) return "too few days yet to say what is usual";
  const range = `usually ${write(tile, usual.low).text} to ${write(tile, usual.high).text}`;
  if (kind === "total" && !complete && isToday && state !== "above") return `so far; ${range}`;
  return { below: `▼ below your usual; ${range}`, above: `▲ above your usual; ${range}`, within: `as usual; ${range}`, unknown: range }[state];
}
