// Local days. A day is its date as text, as the server writes and reads it, so that no browser's own time zone ever
// matters; instants become text in the home zone only.

import { zone } from "./session.ts";

const DAY_MS = 86_400_000;

/** Today in the home zone, as 2026-01-02. */
export function today(): string {
  return dateOf(new Date());
}

const writers = new Map<string, Intl.DateTimeFormat>();

/** Writes instants in a style. Making a writer takes a thousand times as long as using it, so each is made once. */
export function writer(style: Intl.DateTimeFormatOptions, locale?: string): Intl.DateTimeFormat {
  const whole = { timeZone: zone(), ...style };
  const key = `${locale} ${JSON.stringify(whole)}`;
  const known = writers.get(key) ?? new Intl.DateTimeFormat(locale, whole);
  writers.set(key, known);
  return known;
}

/** The local date of an instant. */
export function dateOf(at: Date | string | number): string {
  return writer({ year: "numeric", month: "2-digit", day: "2-digit" }, "en-CA").format(new Date(at));
}

export function addDays(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

/** Ends a month that is too short on its last day: a month after 31 January is 28 February. */
export function addMonths(date: string, months: number): string {
  const [year = 0, month = 1, day = 1] = date.split("-").map(Number);
  const first = new Date(Date.UTC(year, month - 1 + months, 1));
  const last = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate();
  return new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth(), Math.min(day, last))).toISOString().slice(0, 10);
}

export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / DAY_MS);
}

const CLOCK: Intl.DateTimeFormatOptions = {
  hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit",
};

/** What a clock in the home zone shows at an instant, as if it were one of UTC: epoch seconds in and out. */
export function wall(at: number): number {
  const parts = writer(CLOCK, "en-CA").formatToParts(new Date(at * 1000));
  const part = (type: string) => Number(parts.find((one) => one.type === type)?.value);
  return Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second")) / 1000;
}

/** The instant at which a local day begins, in epoch seconds; where that hour is left out by a change of the clock, the nearest to it. */
export function instantOf(date: string): number {
  const midnight = Date.parse(`${date}T00:00:00Z`) / 1000;
  const about = midnight - (wall(midnight) - midnight);
  return about - (wall(about) - midnight);
}

/** The lengths of time that charts are looked at in, as Apple's own app names them. */
export const SPANS = ["D", "W", "M", "6M", "Y", "All"] as const;
export type Span = (typeof SPANS)[number];

export const SPAN_NAMES: Record<Span, string> = { D: "day", W: "week", M: "month", "6M": "six months", Y: "year", All: "everything" };

const back = (span: Span, end: string): string | undefined =>
  ({ D: addDays(end, -1), W: addDays(end, -7), M: addMonths(end, -1), "6M": addMonths(end, -6), Y: addMonths(end, -12), All: undefined })[span];

/** Local dates; `start` included, `end` excluded. Without them, everything. */
export interface Range {
  start?: string;
  end?: string;
}

/** The span that ends with the day before `end`; the running one when there is no end. */
export function rangeOf(span: Span, end?: string): Range {
  if (span === "All") return {};
  const until = end ?? addDays(today(), 1);
  return { start: back(span, until), end: until };
}

/** The end of the span before or after the one that ends at `end`; none when that would be the running one. */
export function step(span: Span, end: string | undefined, direction: -1 | 1): string | undefined {
  const running = addDays(today(), 1);
  const at = end ?? running;
  const moved = direction < 0 ? back(span, at) : { D: addDays(at, 1), W: addDays(at, 7), M: addMonths(at, 1), "6M": addMonths(at, 6), Y: addMonths(at, 12), All: at }[span];
  return moved === undefined || moved >= running ? undefined : moved;
}
