// Every day of every year at a glance: gaps, seasons and habits. A year is a grid of weeks; a day opens on a click.

import { useMemo } from "preact/hooks";

import type { Answer } from "../../lib/api.ts";
import { addDays, daysBetween } from "../../lib/days.ts";
import { count, date, title } from "../../lib/format.ts";
import { cut, type Daily, figures, isTotal, type Stored, writer } from "../../lib/metrics.ts";
import { setQuery } from "../../lib/router.ts";
import { levels } from "../../lib/statistics.ts";
import { Card } from "../../parts/card.tsx";
import { Heat, HeatKey } from "../../parts/heat.tsx";
import type { Series } from "../../parts/series.ts";
import { Shown } from "../../parts/state.tsx";
import { UseThis } from "../../parts/use-this.tsx";
import { useMeans } from "./means.ts";

const MONTHS = Array.from({ length: 12 }, (_, at) => `2001-${String(at + 1).padStart(2, "0")}-01`);
const WEEKDAYS = ["2001-01-01", "", "", "", "2001-01-05", "", ""];

/** Days since Monday. */
const weekday = (day: string): number => (new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7;

export function Calendar({ stored, source, days, answer }: { stored: Stored; source?: string; days?: Daily; answer: Answer<Series> }) {
  const means = useMeans(stored, "year", source);
  const limits = useMemo(() => levels(days?.values ?? []), [days]);
  return (
    <Card wide title="Every day" note={isTotal(stored) ? "the total of each day" : "the average of each day"} actions={answer.data && <UseThis asked={answer.data.asked} />}>
      <Shown answer={answer} isEmpty={({ x }) => !x.length}>
        {({ unit }) => days && (
          <>
            {yearsOf(days).map((year) => <Year key={year} year={year} stored={stored} days={days} limits={limits} write={writer(stored.name, unit)} mean={means(`${year}-01-01`)} pick={show} />)}
            <HeatKey limits={limits} write={writer(stored.name, unit)} />
          </>
        )}
      </Shown>
    </Card>
  );
}

function show(day: string): void {
  setQuery({ range: "D", end: addDays(day, 1), from: undefined, to: undefined });
  scrollTo(0, 0);
}

/** Latest first. */
export function yearsOf({ first, values }: Daily): number[] {
  const [from, to] = [Number(first.slice(0, 4)), Number(addDays(first, values.length - 1).slice(0, 4))];
  return Array.from({ length: to - from + 1 }, (_, at) => to - at);
}

interface YearProps {
  year: number;
  stored: Stored;
  days: Daily;
  limits: number[];
  write: (value: number) => string;
  /** Of what is measured. */
  mean?: number;
  /** What a click on a day does. */
  pick?: (day: string) => void;
}

export function Year({ year, stored, days, limits, write, mean, pick }: YearProps) {
  const first = `${year}-01-01`;
  const { before, part, cells } = useMemo(() => {
    const part = cut(days, first, `${year + 1}-01-01`);
    const before = weekday(first);
    const known = daysBetween(days.first, first) + part.values.length > days.values.length ? days.values.length - daysBetween(days.first, first) : part.values.length;
    return { before, part, cells: [...new Array<undefined>(before), ...part.values.map((value, at) => (at < known ? value : undefined))] };
  }, [days, year]);
  const day = (at: number) => addDays(first, at - before);
  const found = figures(part);
  const summary = found
    ? `${year}: ${isTotal(stored) ? `${write(found.mean)} a day, ${write(found.sum)} in all` : mean === undefined ? title(stored.name) : `${write(mean)} on average`}, ${count(found.days, "day")} with data.`
    : `${year}: no data.`;
  const tell = (at: number) => `${date(day(at), { weekday: "short", day: "numeric", month: "long", year: "numeric" })}: ${typeof cells[at] === "number" ? write(cells[at]) : "no data"}`;
  return (
    <Heat label={`${title(stored.name)}, the days of ${year}`} rows={7} cells={full(cells)} limits={limits} summary={summary} tell={tell} onPick={pick && ((at) => pick(day(at)))}
      rowNames={WEEKDAYS.map((one) => one && date(one, { weekday: "short" }))} columnNames={MONTHS.map((month) => date(month, { month: "narrow" }))} />
  );
}

/** All years are as wide as the longest, so that their months stand below each other. */
const full = <T,>(cells: T[]): (T | undefined)[] => Array.from({ length: 54 * 7 }, (_, at) => cells[at]);
