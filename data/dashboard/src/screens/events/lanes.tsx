// A lane for everything that has happened, on one axis of time. All dots of a lane are one path with round ends: a length of
// none is a dot, so that years of medications cost nothing.

import { useState } from "preact/hooks";

import { addDays, addMonths, dateOf, instantOf, type Range } from "../../lib/days.ts";
import { count, date, dateTime } from "../../lib/format.ts";
import { useWidth } from "../../parts/width.ts";
import { type Event, eventTitle, kindTitle, LANES, valueTitle } from "./kinds.ts";

interface Lane {
  kind: string;
  name: string;
  events: Event[];
}

const ROW = 40;
const TOP = 24;

export function lanesOf(events: Event[]): Lane[] {
  const lanes = new Map<string, Lane>();
  for (const event of events) {
    const key = `${event.kind} ${event.code}`;
    const lane = lanes.get(key) ?? { kind: event.kind, name: eventTitle(event), events: [] };
    lane.events.push(event);
    lanes.set(key, lane);
  }
  const place = (kind: string) => (LANES.includes(kind) ? LANES.indexOf(kind) : LANES.length);
  return [...lanes.values()].sort((a, b) => place(a.kind) - place(b.kind) || b.events.length - a.events.length);
}

/** Local days at which the axis is written on: about one in 90 pixels. */
function marks(from: string, to: string, most: number): string[] {
  for (const [move, by] of [[addDays, 1], [addDays, 7], [addMonths, 1], [addMonths, 3], [addMonths, 12], [addMonths, 60]] as const) {
    const first = move === addMonths ? `${from.slice(0, by >= 12 ? 4 : 7)}${by >= 12 ? "-01-01" : "-01"}` : from;
    const found: string[] = [];
    for (let day = first; day <= to && found.length <= most + 1; day = move(day, by)) if (day >= from) found.push(day);
    if (found.length <= most) return found;
  }
  return [from];
}

export function Lanes({ events, range }: { events: Event[]; range: Range }) {
  const { frame, width } = useWidth();
  const [near, setNear] = useState<Event | undefined>(undefined);
  const lanes = lanesOf(events);
  const first = range.start ?? dateOf(events.at(-1)?.start ?? Date.now());
  const last = range.end ?? addDays(dateOf(events[0]?.start ?? Date.now()), 1);
  const [from, to] = [instantOf(first), instantOf(last)];
  const x = (at: string) => 6 + ((Date.parse(at) / 1000 - from) / (to - from)) * (width - 12);
  const find = (pointer: PointerEvent) => {
    const box = (pointer.currentTarget as Element).getBoundingClientRect();
    const lane = lanes[Math.floor((pointer.clientY - box.top - TOP) / ROW)];
    const left = pointer.clientX - box.left;
    const away = (event: Event) => Math.max(0, x(event.start) - left, left - x(event.end));
    const closest = lane?.events.reduce((best, event) => (away(event) < away(best) ? event : best));
    setNear(closest && away(closest) < 16 ? closest : undefined);
  };
  return (
    <div ref={frame}>
      <p class="told" aria-live="off">{near ? `${eventTitle(near)}${valueTitle(near) && `, ${valueTitle(near).toLowerCase()}`}: ${dateTime(near.start)}` : `${count(events.length, "event")} from ${date(first)} to ${date(addDays(last, -1))}`}</p>
      {width > 0 && (
        <svg class="lanes" width={width} height={TOP + lanes.length * ROW} role="img" aria-label={lanes.map(summary).join(" ")} onPointerMove={find} onPointerLeave={() => setNear(undefined)}>
          {marks(first, last, Math.floor(width / 90)).map((day) => (
            <g key={day}>
              <line class="grid-line" x1={x(midnight(day))} x2={x(midnight(day))} y1={TOP - 6} y2={TOP + lanes.length * ROW} />
              <text x={Math.min(x(midnight(day)), width - 60)} y={12}>{date(day, { day: "numeric", month: "short", ...(to - from > 86_400 * 320 && { year: "2-digit" }) })}</text>
            </g>
          ))}
          {lanes.map((lane, at) => (
            <g key={`${lane.kind} ${lane.name}`} transform={`translate(0 ${TOP + at * ROW})`}>
              <line class="grid-line" x1="0" x2={width} y1={ROW - 8} y2={ROW - 8} />
              <text class="name" x="0" y="15">{lane.name} <tspan class="kind">{kindTitle(lane.kind)}, {lane.events.length}</tspan></text>
              <path class={`lane l-${LANES.includes(lane.kind) ? lane.kind : "other"}`}
                d={lane.events.map((event) => `M${x(event.start).toFixed(1)} ${ROW - 14}h${Math.max(0.01, x(event.end) - x(event.start)).toFixed(2)}`).join("")} />
            </g>
          ))}
        </svg>
      )}
    </div>
  );
}

const midnight = (day: string): string => new Date(instantOf(day) * 1000).toISOString();

/** Events come newest first. */
const summary = ({ kind, name, events }: Lane): string => `${name} (${kindTitle(kind)}): ${count(events.length, "time")}, last on ${date(dateOf(events[0]?.start ?? 0))}.`;
