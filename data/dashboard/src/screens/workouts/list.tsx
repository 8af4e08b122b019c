// All workouts of a stretch of time: in words, by week, and one by one.

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

import { addDays, daysBetween, SPANS, today } from "../../lib/days.ts";
import { count, date, minutes, number, time, title } from "../../lib/format.ts";
import { monday } from "../../lib/nights.ts";
import { href, route, setQuery } from "../../lib/router.ts";
import { session } from "../../lib/session.ts";
import { byWeek, lately, length, metresOf, total, types, type Workout } from "../../lib/workouts.ts";
import { Card } from "../../parts/card.tsx";
import { Spans, useView, type View } from "../../parts/spans.tsx";
import { Shown } from "../../parts/state.tsx";
import { UseThis } from "../../parts/use-this.tsx";
import { useAll } from "./all.ts";
import { Volume } from "./volume.tsx";

export const imperial = (): boolean => session.value?.units === "imperial";

export function List() {
  const view = useView("6M");
  const type = route.value.query.get("type") ?? undefined;
  const { start, end } = view.range;
  const answer = useAll({ start, end, order: "desc", limit: 1000 });
  const actions = <UseThis asked={{ path: "/api/v1/workouts", params: { start, end, type, limit: 1000 } }} />;
  return (
    <>
      <h1>Workouts</h1>
      <div class="filters">
        <Spans view={view} spans={SPANS.slice(1)} />
        <label>
          Activity
          <select value={type ?? ""} onChange={(event) => setQuery({ type: event.currentTarget.value || undefined })}>
            <option value="">All</option>
            {[...new Set([...(type ? [type] : []), ...types(answer.data ?? [])])].sort().map((one) => <option key={one} value={one}>{title(one)}</option>)}
          </select>
        </label>
      </div>
      <Shown answer={answer} isEmpty={(all) => !all.some((one) => !type || one.type === type)} empty="There are no workouts in this time.">
        {(all) => <Found workouts={type ? all.filter((one) => one.type === type) : all} view={view} actions={actions} />}
      </Shown>
    </>
  );
}

function Found({ workouts, view, actions }: { workouts: Workout[]; view: View; actions: ComponentChildren }) {
  const first = workouts.at(-1)?.start.slice(0, 10) ?? today();
  const start = view.range.start ?? first;
  const end = view.range.end ?? addDays(today(), 1);
  return (
    <div class="grid">
      <Card wide title="By week" actions={actions}>
        <p><Words workouts={workouts} start={start} end={end} /></p>
        <Volume workouts={workouts} start={start} end={end} />
      </Card>
      <Card wide title={count(workouts.length, "workout")}>
        <Table workouts={workouts} />
      </Card>
    </div>
  );
}

function Words({ workouts, start, end }: { workouts: Workout[]; start: string; end: string }) {
  const sum = total(workouts);
  const weeks = daysBetween(start, end) / 7;
  const [most] = types(workouts);
  const compared = end > today() ? lately(byWeek(workouts), monday(today()), start) : undefined;
  return (
    <>
      {minutes(sum.seconds / 60)}{sum.metres ? `, ${length(sum.metres, imperial())}` : ""}{sum.kcal ? `, ${number(sum.kcal, 0)} kcal` : ""} in all.{" "}
      {weeks >= 2 && `In a week ${number(sum.workouts / weeks, 1)} workouts and ${minutes(sum.seconds / 60 / weeks)} on average. `}
      {most && types(workouts).length > 1 && `Most of the time: ${title(most).toLowerCase()}. `}
      {compared && `The last four whole weeks had ${minutes(compared.now / 60)} a week, ${change(compared.now, compared.before)}.`}
    </>
  );
}

function change(now: number, before: number): string {
  const most = Math.max(now, before);
  const much = Math.abs(now - before) < 0.1 * most ? "about as much as" : now > before ? "more than" : "less than";
  return `${much} the weeks before (${minutes(before / 60)})`;
}

const PAGE = 50;

function Table({ workouts }: { workouts: Workout[] }) {
  const [shown, setShown] = useState(PAGE);
  return (
    <>
      <div class="scroll" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">Workout</th><th scope="col" class="number">Duration</th><th scope="col" class="number">Distance</th>
              <th scope="col" class="number roomy">Energy</th><th scope="col" class="number roomy">Heart rate</th>
            </tr>
          </thead>
          <tbody>{workouts.slice(0, shown).map((one) => <Row key={one.id} workout={one} />)}</tbody>
        </table>
      </div>
      {shown < workouts.length && <p><button class="quiet" onClick={() => setShown(shown + PAGE)}>Show {Math.min(PAGE, workouts.length - shown)} more</button> <span class="muted">{shown} of {workouts.length}</span></p>}
    </>
  );
}

function Row({ workout }: { workout: Workout }) {
  const { id, type, start, duration_seconds: seconds, figures, location } = workout;
  const metres = metresOf(workout);
  const energy = figures.active_energy?.value;
  return (
    <tr>
      <td class="name">
        <a href={href("workouts", id)}>{title(type)}<small>{date(start.slice(0, 10), { day: "numeric", month: "short", year: "numeric" })}<span class="roomy">, {time(start)}{location && `, ${location.replaceAll("_", " ")}`}</span></small></a>
      </td>
      <td class="number">{minutes(seconds / 60)}</td>
      <td class="number">{metres === undefined ? "–" : length(metres, imperial())}</td>
      <td class="number roomy">{energy === undefined ? "–" : `${number(energy, 0)} ${figures.active_energy?.unit}`}</td>
      <td class="number roomy">{figures.heart_rate?.avg === undefined ? "–" : `${number(figures.heart_rate.avg, 0)} bpm`}</td>
    </tr>
  );
}
