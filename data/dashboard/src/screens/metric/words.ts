// What a stretch of time says about a metric, in sentences. A day that is not over is compared with nothing: its total is none
// yet, and its average is that of a night.

import { addDays, daysBetween, type Range, today } from "../../lib/days.ts";
import { count, number } from "../../lib/format.ts";
import { cut, type Daily, dayAt, type Figures, figures, isTotal, type Stored, writer } from "../../lib/metrics.ts";
import { type Usual, usual } from "../../lib/statistics.ts";

/** The 60 days before a stretch say what is usual for it; of a long one they are too far from most of it. */
export function usualBefore(days: Daily, { start, end }: Range): Usual | undefined {
  if (!start || !end || daysBetween(start, end) > 62) return undefined;
  return usual(cut(days, addDays(start, -60), start).values);
}

function whole(days: Daily, { start, end }: Range): Daily {
  const last = end ?? dayAt(days, days.values.length);
  const until = last < today() ? last : today();
  const from = start ?? days.first;
  return cut(days, from, until > from ? until : from);
}

export function inWords(stored: Stored, days: Daily, range: Range, unit: string, earlier?: Range): string[] {
  const write = writer(stored.name, unit);
  const all = figures(cut(days, range.start ?? days.first, range.end ?? dayAt(days, days.values.length)));
  if (!all) return [];
  const done = figures(whole(days, range));
  const sentences = [isTotal(stored) ? totals(all, done, write) : measured(all, write)];
  const normal = usualBefore(days, range);
  if (normal && done) sentences.push(against(done.sum / done.days, normal, write, isTotal(stored)));
  const then = earlier && figures(whole(days, earlier));
  if (then && done) sentences.push(change(done.mean, then.mean, write, isTotal(stored)));
  return sentences;
}

const measured = ({ mean, least, most }: Figures, write: (value: number) => string): string =>
  least === most ? `${write(mean)} throughout.` : `${write(mean)} on average, between ${write(least)} and ${write(most)}.`;

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
  const what = Math.abs(share) < 0.005 ? "About as much as" : `${number(Math.abs(share) * 100, 0)} % ${share > 0 ? "more" : "less"} than`;
  return `${what} in the time before (${write(then)}${total ? " a day" : ""} on average).`;
}
