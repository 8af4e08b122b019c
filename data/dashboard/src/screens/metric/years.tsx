// Year beside year: of a total the running total by day, else the mean of each month. And a table of all months.

import { useMemo } from "preact/hooks";

import type { Answer } from "../../lib/api.ts";
import { addDays, addMonths, dateOf, daysBetween, instantOf, today } from "../../lib/days.ts";
import { date, number, title, unitOf } from "../../lib/format.ts";
import { cut, type Daily, dayAt, figures, isTotal, type Stored, writer } from "../../lib/metrics.ts";
import { Card } from "../../parts/card.tsx";
import { Chart, type Line } from "../../parts/chart.tsx";
import { usePng } from "../../parts/png.ts";
import type { Series } from "../../parts/series.ts";
import { Shown } from "../../parts/state.tsx";
import { UseThis } from "../../parts/use-this.tsx";
import { yearsOf } from "./calendar.tsx";
import { type Means, useMeans } from "./means.ts";

/** Years that are drawn; the table has all. */
const DRAWN = 4;
const COLOURS = ["accent", "second", "third", "muted"];
/** A leap year, so that every date has a place. */
const MONTHS = Array.from({ length: 12 }, (_, at) => addMonths("2000-01-01", at));
const LEAP = Array.from({ length: 366 }, (_, at) => addDays("2000-01-01", at));

const dayName = (at: number, short: boolean): string => date(dateOf(at * 1000), short ? { month: "short" } : { day: "numeric", month: "long" });
const monthName = (at: number, short: boolean): string => date(dateOf(at * 1000), { month: short ? "short" : "long" });

/** Nothing before the first day with data and after the last. */
function sums(days: Daily, year: number): (number | null)[] {
  const end = dayAt(days, days.values.length);
  let [sum, begun] = [0, false];
  return LEAP.map((leap) => {
    const day = `${year}${leap.slice(4)}`;
    if (day >= end) return null;
    const missing = day.endsWith("02-29") && addDays(`${year}-02-28`, 1) !== day;
    const value = missing ? null : (days.values[daysBetween(days.first, day)] ?? null);
    begun ||= value !== null;
    sum += value ?? 0;
    return begun ? sum : null;
  });
}

const firstOf = (year: number, at: number): string => `${year}${MONTHS[at]?.slice(4)}`;

/** The sum of a month or a year. */
const sumOf = (days: Daily, first: string, months: number): number | undefined => figures(cut(days, first, addMonths(first, months)))?.sum;

export function Years({ stored, source, days, answer }: { stored: Stored; source?: string; days?: Daily; answer: Answer<Series> }) {
  const total = isTotal(stored);
  const [months, years] = [useMeans(stored, "month", source), useMeans(stored, "year", source)];
  const unit = answer.data?.unit ?? stored.unit;
  const { x, lines } = useMemo(() => ({
    x: (total ? LEAP : MONTHS).map(instantOf),
    lines: days ? yearsOf(days).slice(0, DRAWN).map((year, at): Line => ({
      label: String(year),
      values: total ? sums(days, year) : MONTHS.map((_, month) => months(firstOf(year, month)) ?? null),
      colour: COLOURS[at],
      dashed: at > 1,
      write: writer(stored.name, unit),
    })) : [],
  }), [days, months]);
  const note = total ? "running total by day of the year" : "the mean of each month";
  const png = usePng(`${title(stored.name)}, year by year`, note, lines);
  return (
    <Card wide title="Year by year" note={note} actions={answer.data && <UseThis asked={{ ...answer.data.asked, params: { ...answer.data.asked.params, bucket: "month" } }} png={png.save} />}>
      <Shown answer={answer} isEmpty={({ x }) => !x.length}>
        {() => days && (
          <>
            {total && <p class="lead">{sameDay(days, writer(stored.name, unit))}</p>}
            <Chart label={`${title(stored.name)}, ${note}`} x={x} lines={lines} when={total ? dayName : monthName} onReady={png.onReady} />
            <Months days={days} total={total} unit={unitOf(stored.name, unit)} months={months} years={years} />
          </>
        )}
      </Shown>
    </Card>
  );
}

/** This year beside the last, up to the same day. Only where both have begun with the year. */
function sameDay(days: Daily, write: (value: number) => string): string {
  const now = today();
  const upTo = (year: number) => figures(cut(days, `${year}-01-01`, `${year}${now.slice(4)}`));
  const [here, there] = [upTo(Number(now.slice(0, 4))), upTo(Number(now.slice(0, 4)) - 1)];
  if (!here) return "";
  const begun = days.first <= `${Number(now.slice(0, 4)) - 1}-01-01`;
  return `${write(here.sum)} this year before today${there && begun ? `; ${write(there.sum)} by the same day last year` : ""}.`;
}

function Months({ days, total, unit, months, years }: { days: Daily; total: boolean; unit: string; months: Means; years: Means }) {
  const write = (year: number, month: number) => number(total ? sumOf(days, firstOf(year, month), 1) : months(firstOf(year, month)));
  const all = (year: number) => number(total ? sumOf(days, firstOf(year, 0), 12) : years(firstOf(year, 0)));
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Months of all years">
      <table class="month-table">
        <caption class="muted">{total ? "Totals" : "Means"} of months{unit && ` in ${unit}`}; – is no data</caption>
        <thead><tr><th scope="col">Year</th>{MONTHS.map((month) => <th key={month} scope="col" class="number">{date(month, { month: "short" })}</th>)}<th scope="col" class="number">Whole year</th></tr></thead>
        <tbody>
          {yearsOf(days).map((year) => (
            <tr key={year}><th scope="row">{year}</th>{MONTHS.map((month, at) => <td key={month} class="number">{write(year, at)}</td>)}<td class="number"><b>{all(year)}</b></td></tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
