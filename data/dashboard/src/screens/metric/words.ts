// What a stretch of time says about a metric, in sentences. A day that is not over is compared with nothing: its total is none
// yet, and its average is that of a night.

import { addDays, daysBetween, type Range, today } from "../../lib/days.ts";
import { count, number } from "../../lib/format.ts";
import { cut, type Daily, dayAt, type Figures, figures, isTotal, type Stored, writer } from "../../lib/metrics.ts";
import { type Usual, usual } from "../../lib/statistics.ts";
import type { Series } from "../../parts/series.ts";

/** A stretch to compare with, and the mean of what was measured in it. */
interface Earlier {
  range: Range;
  mean?: number | null;
}

/** The 60 days before a stretch say what is usual for it; of a long one they are too far from most of it. */
export function usualBefore(days: Daily, { start, end }: Range): Usual | undefined {
  if (!start || !end || daysBetween(start, end) > 62) return undefined;
  return usual(cut(days, addDays(start, -60), start).values);
}

function finished(days: Daily, { start, end }: Range): Daily {
  const last = end ?? dayAt(days, days.values.length);
  const until = last < today() ? last : today();
  const from = start ?? days.first;
  return cut(days, from, until > from ? until : from);
}

export function inWords(stored: Stored, days: Daily, range: Range, { unit, whole }: Pick<Series, "unit" | "whole">, earlier?: Earlier): string[] {
  const write = writer(stored.name, unit);
  const total = isTotal(stored);
  const all = figures(cut(days, range.start ?? days.first, range.end ?? dayAt(days, days.values.length)));
  if (!all) return [];
  const done = figures(finished(days, range));
  const sentences = [total ? totals(all, done, write) : measured(whole, write)];
  const normal = usualBefore(days, range);
  if (normal && done) sentences.push(against(done.sum / done.days, normal, write, total));
  const now = total ? done?.mean : whole.avg;
  const then = earlier && (total ? figures(finished(days, earlier.range))?.mean : earlier.mean);
  if (done && typeof now === "number" && typeof then === "number") sentences.push(change(now, then, write, total));
  return sentences.filter(Boolean);
}

function measured({ avg = null, min = null, max = null }: Series["whole"], write: (value: number) => string): string {
  if (avg === null || min === null || max === null) return "";
  return min === max ? `${write(avg)} throughout.` : `${write(avg)} on average, between ${write(min)} and ${write(max)}.`;
}

function totals(all: Figures, done: Figures | undefined, write: (value: number) => string): string {
  if (!done || all.days === 1) return `${write(all.sum)} in all${done ? "" : " so far"}.`;
  return `${write(done.mean)} a day on average; ${write(all.sum)} in all, on ${count(all.days, "day")} with data.`;
}

function against(mean: number, { low, high, days }: Usual, write: (value: number) => string, total: boolean): string {
  const place = mean < low ? "Lower than" : mean > high ? "Higher than" : "Within";
  return `${place} your usual range of ${write(low)} to ${write(high)}${total ? " a day" : ""} (from ${count(days, "day")} of the 60 before).`;
}

function change(now: number, then: number, write: (value: number) => string, total: boolean): string {
  const share = then ? (now - then) / Math.abs(then) : 0;
  const what = Math.abs(share) < 0.005 ? "About as much as" : `${number(Math.abs(share) * 100, 0)}% ${share > 0 ? "more" : "less"} than`;
  return `${what} in the time before (${write(then)}${total ? " a day" : ""} on average).`;
}
