// How much was done in each week, as time or as distance, by activity.

import { useMemo, useState } from "preact/hooks";

import { count, minutes, title } from "../../lib/format.ts";
import { monday } from "../../lib/nights.ts";
import { byWeek, length, METRES, total, types, type Workout } from "../../lib/workouts.ts";
import { type Bar, Bars, ticksOf } from "../../parts/bars.tsx";
import { imperial } from "./list.tsx";

const COLOURS = ["accent", "second", "third", "good", "heart"];

/** Those with the most time have colours of their own, the rest share one. */
const colourOf = (type: string, order: string[]): string => COLOURS[order.indexOf(type)] ?? "muted";

export function Volume({ workouts, start, end }: { workouts: Workout[]; start: string; end: string }) {
  const [far, setFar] = useState(false);
  const order = useMemo(() => types(workouts), [workouts]);
  const mile = imperial() ? METRES.mi! : METRES.km!;
  const measure = (some: Workout[]) => far ? total(some).metres / mile : total(some).seconds / 60;
  const bars = useMemo(() => [...byWeek(workouts)].map(([week, some]) => bar(week, some, order, measure)).sort((a, b) => (a.date < b.date ? -1 : 1)), [workouts, far]);
  const most = Math.max(1, ...bars.map(({ parts }) => parts.at(-1)?.to ?? 0));
  const keys = order.slice(0, COLOURS.length).map((type) => ({ label: title(type), colour: colourOf(type, order) }));
  return (
    <>
      <div class="segments" role="group" aria-label="Measured by">
        <button aria-pressed={!far} onClick={() => setFar(false)}>Time</button>
        <button aria-pressed={far} onClick={() => setFar(true)}>Distance</button>
      </div>
      <Bars
        label={`Workouts by week, as ${far ? "distance" : "time"}.`} bars={bars} start={monday(start)} end={end} step={7}
        ticks={ticksOf(0, most, far ? [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000] : [15, 30, 60, 120, 180, 240, 360, 720])}
        write={(value) => far ? `${value} ${imperial() ? "mi" : "km"}` : most < 60 ? `${value} min` : `${value / 60} h`}
        keys={order.length > COLOURS.length ? [...keys, { label: "Others", colour: "muted" }] : keys}
      />
    </>
  );
}

function bar(week: string, some: Workout[], order: string[], measure: (some: Workout[]) => number): Bar {
  let sum = 0;
  const parts = order.flatMap((type) => {
    const size = measure(some.filter((one) => one.type === type));
    return size ? [{ from: sum, to: (sum += size), colour: colourOf(type, order) }] : [];
  });
  const { seconds, metres, workouts } = total(some);
  return { date: week, parts, text: `${count(workouts, "workout")}, ${minutes(seconds / 60)}${metres ? `, ${length(metres, imperial())}` : ""}` };
}
