// What happened: symptoms, moods, medications, the cycle, notifications and ECGs, over time and as a list.

import { useState } from "preact/hooks";

import { useAnswer } from "../../lib/api.ts";
import { dateOf, wall } from "../../lib/days.ts";
import { count, date, dateTime, minutes, number, title } from "../../lib/format.ts";
import { later } from "../../lib/later.tsx";
import { href, route, setQuery } from "../../lib/router.ts";
import { useWork } from "../../lib/work.ts";
import { Card } from "../../parts/card.tsx";
import { Spans, useView, type View } from "../../parts/spans.tsx";
import { Shown } from "../../parts/state.tsx";
import { UseThis } from "../../parts/use-this.tsx";
import { type Event, eventTitle, type Kind, kindTitle, LANES, load, question, valueTitle } from "./kinds.ts";
import { Lanes } from "./lanes.tsx";

/** Charts are much to fetch for what few look at. */
const Ecg = later(async () => (await import("./ecg.tsx")).Ecg);

const PAGE = 25;

export function Events() {
  const answer = useAnswer<{ kinds: Kind[] }>("/api/v1/events");
  return (
    <>
      <h1>Events</h1>
      <Shown answer={answer} isEmpty={({ kinds }) => !kinds.length}
        empty={<>No symptoms, moods, medications, cycle records, notifications or ECGs are stored. They are data types of their own in the app: <a href={href("connect")}>Connect</a> has the links for them.</>}>
        {({ kinds }) => <Shower kinds={kinds} />}
      </Shown>
    </>
  );
}

const order = ({ kind }: Kind): number => (LANES.includes(kind) ? LANES.indexOf(kind) : LANES.length);

function Shower({ kinds }: { kinds: Kind[] }) {
  const view = useView("6M");
  const there = kinds.toSorted((a, b) => order(a) - order(b));
  const names = there.map(({ kind }) => kind);
  const asked = route.value.query.get("kinds")?.split(",").filter((kind) => names.includes(kind));
  const first = names.filter((kind) => LANES.includes(kind));
  const shown = asked ?? (first.length ? first : names);
  const toggle = (kind: string) => setQuery({ kinds: names.filter((one) => shown.includes(one) !== (one === kind)).join(",") });
  return (
    <>
      <Spans view={view} />
      <div class="chips" role="group" aria-label="Kinds on show">
        {there.map(({ kind, count }) => <button key={kind} class="quiet" aria-pressed={shown.includes(kind)} onClick={() => toggle(kind)}>{kindTitle(kind)} ({number(count, 0)})</button>)}
      </div>
      <Loaded kinds={shown} view={view} />
    </>
  );
}

function Loaded({ kinds, view: { range } }: { kinds: string[]; view: View }) {
  const { start, end } = range;
  const answer = useWork(`${kinds} ${start} ${end}`, (stop) => load(kinds, start, end, stop));
  const [chosen] = kinds;
  return (
    <div class="grid">
      <Card wide title="Over time" actions={chosen && kinds.length === 1 && <UseThis asked={question(chosen, start, end)} />}>
        <Shown answer={answer} isEmpty={({ events }) => !events.length} empty={kinds.length ? "No events in this period." : "Choose a kind above."}>
          {({ events, more }) => (
            <>
              <Lanes events={events} range={range} />
              {more.length > 0 && <p class="muted">There are more {more.map((kind) => kindTitle(kind).toLowerCase()).join(" and ")} than these, the latest. Choose a shorter time.</p>}
            </>
          )}
        </Shown>
      </Card>
      {answer.data && answer.data.events.length > 0 && <List key={`${kinds} ${start}`} events={answer.data.events} />}
    </div>
  );
}

function List({ events }: { events: Event[] }) {
  const [most, setMost] = useState(PAGE);
  const [open, setOpen] = useState<Event | undefined>(undefined);
  return (
    <Card wide title="List" note={count(events.length, "event")}>
      <div class="scroll" tabIndex={0} role="region" aria-label="Events, newest first">
        <table class="events">
          <thead><tr><th scope="col">When</th><th scope="col">What</th><th scope="col">How</th><th scope="col">Details</th></tr></thead>
          <tbody>{events.slice(0, most).map((event) => <Row key={`${event.kind} ${event.id}`} event={event} open={setOpen} />)}</tbody>
        </table>
      </div>
      {most < events.length && <p><button class="quiet" onClick={() => setMost(most + PAGE)}>Show {Math.min(PAGE, events.length - most)} more</button></p>}
      {open && <Ecg event={open} close={() => setOpen(undefined)} />}
    </Card>
  );
}

function Row({ event, open }: { event: Event; open: (event: Event) => void }) {
  const [start, end] = [event.start, event.end].map((at) => Date.parse(at) / 1000);
  const lasted = ((end ?? 0) - (start ?? 0)) / 60;
  const wholeDay = lasted > 1380 && lasted < 1502 && wall(start ?? 0) % 86_400 === 0;
  return (
    <tr>
      <td>{wholeDay ? date(dateOf(event.start)) : dateTime(event.start)}{lasted >= 1 && !wholeDay && <small class="muted"> for {minutes(lasted)}</small>}</td>
      <th scope="row">{eventTitle(event)}<br /><small class="muted">{kindTitle(event.kind)}</small></th>
      <td>{valueTitle(event)}</td>
      <td>
        {event.kind === "ecg" && event.has_series && <button class="quiet" onClick={() => open(event)}>Show the waveform</button>}
        <small class="muted">{details(event)}</small>
      </td>
    </tr>
  );
}

/** Whatever else came with it, as far as it is short enough to be read. */
function details({ details = {}, source }: Event): string {
  const told = Object.entries(details).filter(([name]) => name !== "id").map(([name, value]) => [title(name), written(value)]).filter(([, value]) => value && value.length < 80);
  return [...told.map(([name, value]) => `${name}: ${value}`), source].filter(Boolean).join(" · ");
}

function written(value: unknown): string {
  if (typeof value === "number") return number(value);
  if (typeof value === "boolean") return value ? "yes" : "";
  if (Array.isArray(value)) return value.every((one) => typeof one === "string") ? value.map((one) => title(one)).join(", ") : "";
  if (typeof value !== "string") return "";
  const [, day, clock, hours, rest] = value.match(/^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d) ?([+-]\d\d):?(\d\d)$/) ?? [];
  return day ? dateTime(`${day}T${clock}${hours}:${rest}`) : value;
}
