// Choosing a delivery, a workout or an event from a list: the latest, or those of one day.

import { useState } from "preact/hooks";

import { type Params, useAnswer } from "../../lib/api.ts";
import { addDays, today } from "../../lib/days.ts";
import { dateTime, minutes, title } from "../../lib/format.ts";
import type { Workout } from "../../lib/workouts.ts";
import { Shown } from "../../parts/state.tsx";
import { type Event, eventTitle, type Kind, kindTitle, valueTitle } from "../events/kinds.ts";
import type { FormProps } from "./choose.tsx";
import { type Delivery, sender, verdict } from "./words.ts";

interface Item {
  id: string;
  words: string;
}

/** By kind of target: where its list is, and how a row of it is told. */
export const LISTS: Record<string, { list: string; order?: string; item: (row: never) => Item }> = {
  delivery: { list: "deliveries", item: (one: Delivery) => ({ id: one.delivery, words: `${dateTime(one.received_at)}, ${sender(one)}: ${verdict(one)}` }) },
  workout: { list: "workouts", order: "desc", item: (one: Workout) => ({ id: one.id, words: `${dateTime(one.start)}, ${title(one.type)}, ${minutes(one.duration_seconds / 60)}` }) },
  event: { list: "events", order: "desc", item: (one: Event) => ({ id: one.id, words: [dateTime(one.start), eventTitle(one), valueTitle(one)].filter(Boolean).join(", ") }) },
};

const MOST = 100;

export function Listed({ kind, choose }: FormProps & { kind: string }) {
  const kinds = useAnswer<{ kinds: Kind[] }>(kind === "event" ? "/api/v1/events" : undefined);
  const [of, setOf] = useState("");
  const [day, setDay] = useState("");
  const [id, setId] = useState("");
  const { list = "", order, item } = LISTS[kind] ?? {};
  const path = kind !== "event" ? `/api/v1/${list}` : of && `/api/v1/events/${of}`;
  const range: Params = day ? { start: day, end: addDays(day, 1) } : {};
  const answer = useAnswer<Record<string, never[]>>(path || undefined, { limit: MOST, order, ...range });
  return (
    <form class="row" onSubmit={(event) => { event.preventDefault(); choose({ [kind]: kind === "event" ? { kind: of, id } : { id } }); }}>
      {kind === "event" && (
        <label>Kind
          <select required value={of} onChange={(event) => { setOf(event.currentTarget.value); setId(""); }}>
            <option value="">Choose…</option>
            {kinds.data?.kinds.map((one) => <option key={one.kind} value={one.kind}>{kindTitle(one.kind)}</option>)}
          </select>
        </label>
      )}
      <label>{kind === "delivery" ? "Received on" : "On"} <span class="muted">(empty: the latest {MOST})</span>
        <input type="date" max={today()} value={day} onChange={(event) => { setDay(event.currentTarget.value); setId(""); }} />
      </label>
      {path && (
        <Shown answer={answer} isEmpty={(page) => !page[list]?.length} empty="There is none.">
          {(page) => (
            <label class="long">{title(kind)}
              <select required value={id} onChange={(event) => setId(event.currentTarget.value)}>
                <option value="">Choose…</option>
                {page[list]?.map((row) => item?.(row)).map((one) => one && <option key={one.id} value={one.id}>{one.words}</option>)}
              </select>
            </label>
          )}
        </Shown>
      )}
      <button type="submit" disabled={!id}>Preview…</button>
    </form>
  );
}
