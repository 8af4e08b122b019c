// Choosing a source, or from the latest deliveries, workouts or events, or those of one day.

import { useState } from "preact/hooks";

import { type Params, useAnswer } from "../../lib/api.ts";
import { addDays } from "../../lib/days.ts";
import { dateTime, minutes, title } from "../../lib/format.ts";
import type { SourceEntry } from "../../lib/sources.ts";
import type { Workout } from "../../lib/workouts.ts";
import { Shown } from "../../parts/state.tsx";
import { type Event, eventTitle, type Kind, kindTitle, valueTitle } from "../events/kinds.ts";
import type { FormProps } from "./choose.tsx";
import { type Delivery, sender, verdict } from "./words.ts";

type Item = [id: string, ...words: string[]];

/** By kind of target: where its list is, and how a row of it is told. */
export const LISTS: Record<string, [list: string, item: (row: never) => Item, order?: string]> = {
  source: ["sources", ({ name }: SourceEntry) => [name, name]],
  delivery: ["deliveries", (one: Delivery) => [one.delivery, dateTime(one.received_at), sender(one), verdict(one)]],
  workout: ["workouts", (one: Workout) => [one.id, dateTime(one.start), title(one.type), minutes(one.duration_seconds / 60)], "desc"],
  event: ["events", (one: Event) => [one.id, dateTime(one.start), eventTitle(one), valueTitle(one)], "desc"],
};

const MOST = 100;

export function Listed({ kind, choose }: FormProps & { kind: string }) {
  const kinds = useAnswer<{ kinds: Kind[] }>(kind === "event" ? "/api/v1/events" : undefined);
  const [of, setOf] = useState("");
  const [day, setDay] = useState("");
  const [id, setId] = useState("");
  const [list, item, order] = LISTS[kind] ?? ["", () => [""]];
  const dated = kind !== "source";
  const path = kind !== "event" ? `/api/v1/${list}` : of && `/api/v1/events/${of}`;
  const params: Params = dated ? { limit: MOST, order, ...(day && { start: day, end: addDays(day, 1) }) } : {};
  const answer = useAnswer<Record<string, never[]>>(path || undefined, params);
  return (
    <form class="row" onSubmit={(event) => { event.preventDefault(); choose({ [kind]: dated ? { id, kind: of || undefined } : { name: id } }); }}>
      {kind === "event" && (
        <label>Kind
          <select required value={of} onChange={(event) => { setOf(event.currentTarget.value); setId(""); }}>
            <option value="">Choose…</option>
            {kinds.data?.kinds.map((one) => <option key={one.kind} value={one.kind}>{kindTitle(one.kind)}</option>)}
          </select>
        </label>
      )}
      {dated && (
        <label>Day (empty: the latest {MOST})
          <input type="date" value={day} onChange={(event) => { setDay(event.currentTarget.value); setId(""); }} />
        </label>
      )}
      {path && (
        <Shown answer={answer} isEmpty={(page) => !page[list]?.length} empty="There is none.">
          {(page) => (
            <label class="long">{title(kind)}
              <select required value={id} onChange={(event) => setId(event.currentTarget.value)}>
                <option value="">Choose…</option>
                {page[list]?.map(item).map(([value, ...words]) => value && <option key={value} value={value}>{words.filter(Boolean).join(", ")}</option>)}
              </select>
            </label>
          )}
        </Shown>
      )}
      <button type="submit" disabled={!id}>Preview…</button>
    </form>
  );
}
