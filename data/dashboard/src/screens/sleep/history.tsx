// Nights over weeks, months and years: how long and in which stages, when, how regularly, and on which days of the week.
// Longer than a year, a bar is the mean of a week: a pixel cannot show a night.

import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";

import { useAnswer } from "../../lib/api.ts";
import { addDays, daysBetween, SPANS, today } from "../../lib/days.ts";
import { count, date as written, minutes, number } from "../../lib/format.ts";
import { clockText, falling, mean, median, monday, type Night, regularity, type Slot, slots, spread, STAGES, waking } from "../../lib/nights.ts";
import { Bars, ticksOf } from "../../parts/bars.tsx";
import { Card } from "../../parts/card.tsx";
import { Spans, useView, type View } from "../../parts/spans.tsx";
import { Shown } from "../../parts/state.tsx";
import { UseThis } from "../../parts/use-this.tsx";
import { colourOf, STAGE_NAMES } from "./hypnogram.tsx";
import { hrefOf, type Nights } from "./index.tsx";

export function History() {
  const view = useView("M");
  const params = { start: view.range.start, end: view.range.end, segments: false, limit: 5000 };
  const answer = useAnswer<Nights>("/api/v1/sleep", params);
  const asked = { path: "/api/v1/sleep", params };
  return (
    <>
      <div class="wide">
        <h2 class="hidden">Nights over time</h2>
        <Spans view={view} spans={SPANS.slice(1)} />
        <Shown answer={answer} isEmpty={({ nights }) => !nights.length} empty="No sleep was recorded in this time.">
          {({ nights }) => (
            <div class="grid">
              <Charts nights={nights} view={view} actions={<UseThis asked={asked} />} />
              <Regularity nights={nights} />
              <Weekdays nights={nights} />
            </div>
          )}
        </Shown>
      </div>
    </>
  );
}

const open = (date: string): void => {
  location.hash = hrefOf(date);
};

function Charts({ nights, view, actions }: { nights: Night[]; view: View; actions: ComponentChildren }) {
  const start = view.range.start ?? nights[0]?.date ?? today();
  const end = view.range.end ?? addDays(nights.at(-1)?.date ?? today(), 1);
  const weekly = daysBetween(start, end) > 400;
  const shown = useMemo(() => slots(nights, weekly), [nights, weekly]);
  const stretch = { start: weekly ? monday(start) : start, end, step: weekly ? 7 : 1, onPick: weekly ? undefined : open };
  const usual = mean(nights.flatMap((night) => night.asleep_minutes ?? []));
  const stages = STAGES.filter((stage) => stage !== "awake" && nights.some((night) => night.stages[stage]));
  const long = shown.map(({ date, stages: of, asleep, nights: many }) => ({ date, parts: stacked(of, asleep), text: told(of, asleep, weekly ? many : 0) }));
  return (
    <>
      <Card wide title="Time asleep" actions={actions} note={`${usual === undefined ? "" : `On average ${minutes(usual)} `}in ${count(nights.length, "night")}${weekly ? "; each bar is the mean of a week" : ""}.`}>
        <Bars
          {...stretch} bars={long} label="Time asleep by stages."
          ticks={ticksOf(0, Math.max(60, ...shown.map(({ asleep }) => asleep ?? 0)), [60, 120, 180, 240, 360, 720])} write={(value) => `${value / 60} h`}
          keys={stages.map((stage) => ({ label: stage === "unspecified" ? "No stage" : STAGE_NAMES[stage], colour: colourOf(stage) }))}
        />
      </Card>
      <Hours shown={shown} nights={nights} stretch={stretch} />
    </>
  );
}

/** From the ground: deep, core, REM, and what has no stage. */
function stacked(stages: Slot["stages"], asleep?: number) {
  let sum = 0;
  const parts = (["deep", "core", "rem", "unspecified"] as const).flatMap((stage) => {
    const value = stages[stage];
    return value ? [{ from: sum, to: (sum += value), colour: colourOf(stage) }] : [];
  });
  return parts.length || !asleep ? parts : [{ from: 0, to: asleep, colour: colourOf("unspecified") }];
}

function told(stages: Slot["stages"], asleep: number | undefined, nights: number): string {
  if (nights) return `${minutes(asleep)} asleep, the mean of ${count(nights, "night")}`;
  const parts = (["deep", "core", "rem", "awake"] as const).flatMap((stage) => stages[stage] === undefined ? [] : [`${STAGE_NAMES[stage].toLowerCase()} ${minutes(stages[stage])}`]);
  return `${minutes(asleep)} asleep${parts.length ? ` (${parts.join(", ").replace("rem", "REM")})` : ""}`;
}

function Hours({ shown, nights, stretch }: { shown: Slot[]; nights: Night[]; stretch: { start: string; end: string; step: number; onPick?: (date: string) => void } }) {
  const timed = shown.filter(({ falling: from, waking: to }) => from !== undefined && to !== undefined);
  if (!timed.length) return null;
  const [from, to] = [median(nights.flatMap((night) => falling(night) ?? [])), median(nights.flatMap((night) => waking(night) ?? []))];
  const bars = timed.map(({ date, falling: a = 0, waking: b = 0, bed, up }) => ({
    date,
    parts: [...(bed !== undefined && up !== undefined && up > bed ? [{ from: bed, to: up, colour: "accent", faint: true }] : []), { from: a, to: b, colour: "accent" }],
    text: `asleep ${clockText(a)}, awake ${clockText(b)}${bed === undefined || up === undefined ? "" : `; in bed ${clockText(bed)} – ${clockText(up)}`}`,
  }));
  const edges = bars.flatMap(({ parts }) => parts.flatMap((part) => [part.from, part.to]));
  return (
    <Card wide title="Bedtime and wake-up" note={from === undefined || to === undefined ? undefined : `Usually from ${clockText(from)} to ${clockText(to)} (medians, the dashed lines).`}>
      <Bars
        {...stretch} down bars={bars} label="When sleep began and ended." write={clockText}
        ticks={ticksOf(Math.min(...edges), Math.max(...edges), [60, 120, 180, 240, 360, 720], 8)}
        lines={[...(from === undefined ? [] : [{ at: from, colour: "second" }]), ...(to === undefined ? [] : [{ at: to, colour: "ink" }])]}
        keys={[{ label: "Asleep", colour: "accent" }, { label: "Median of falling asleep", colour: "second" }, { label: "Median of waking", colour: "ink" }]}
      />
    </Card>
  );
}

function Regularity({ nights }: { nights: Night[] }) {
  const rows: [string, number[]][] = [["fall asleep", nights.flatMap((night) => falling(night) ?? [])], ["wake up", nights.flatMap((night) => waking(night) ?? [])]];
  return (
    <Card title="Regularity">
      {nights.length < 7 ? <p class="empty">A week of nights is needed to say how regular they are.</p> : rows.map(([verb, times]) => {
        const [middle, deviation] = [median(times), spread(times)];
        return middle !== undefined && deviation !== undefined && (
          <p key={verb}>You usually {verb} around <b>{clockText(middle)}</b>. Half of the nights are within <b>{minutes(deviation)}</b> of that: {regularity(deviation)}.</p>
        );
      })}
      {nights.length >= 7 && <p class="muted">“Within” is the median absolute deviation, which one odd night does not change. Up to 15 minutes are called very regular, up to 30 regular, up to 60 somewhat irregular.</p>}
    </Card>
  );
}

const MONDAY = "2024-01-01";

function Weekdays({ nights }: { nights: Night[] }) {
  const days = Array.from({ length: 7 }, (_, at) => nights.filter(({ date }) => daysBetween(monday(date), date) === at));
  const asleep = days.map((some) => mean(some.flatMap((night) => night.asleep_minutes ?? [])));
  const most = Math.max(1, ...asleep.map((value) => value ?? 0));
  const clockOf = (some: Night[], of: (night: Night) => number | undefined) => {
    const middle = median(some.flatMap((night) => of(night) ?? []));
    return middle === undefined ? "–" : clockText(middle);
  };
  return (
    <Card title="By day of the week" note="On which the night ends.">
      <div class="scroll" tabIndex={0}>
        <table>
          <thead><tr><th scope="col">Day</th><th scope="col" class="number roomy">Nights</th><th scope="col" class="number">Asleep</th><th scope="col" class="roomy"><span class="hidden">As a bar</span></th><th scope="col" class="number">From</th><th scope="col" class="number">To</th></tr></thead>
          <tbody>
            {days.map((some, at) => (
              <tr key={at}>
                <th scope="row">{written(addDays(MONDAY, at), { weekday: "short" })}</th>
                <td class="number roomy">{number(some.length)}</td>
                <td class="number">{minutes(asleep[at])}</td>
                <td class="fill roomy">{asleep[at] !== undefined && <span class="gauge" style={{ width: `${(100 * (asleep[at] ?? 0)) / most}%` }} />}</td>
                <td class="number">{clockOf(some, falling)}</td>
                <td class="number">{clockOf(some, waking)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="muted">Asleep is the average, the times are medians.</p>
    </Card>
  );
}
