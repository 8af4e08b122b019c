// The metrics that are stored, and the days of one of them: what several screens read in the same way.

import { type Answer, useAnswer } from "./api.ts";
import { addDays, dateOf, daysBetween } from "./days.ts";
import { number, unitOf } from "./format.ts";
import { known, type Value } from "./statistics.ts";

export interface Stored {
  name: string;
  unit: string;
  kind: "cumulative" | "discrete" | "category" | "composite";
  /** What it is about, such as sleep. */
  category: string;
  count: number;
  first: string;
  last: string;
  layers: string[];
  sources: string[];
}

export const useMetrics = (): Answer<{ metrics: Stored[] }> => useAnswer("/api/v1/metrics");

export const isTotal = ({ kind }: Stored): boolean => kind === "cumulative";

/** Whether its values can be drawn over time: stages and notifications have screens of their own. */
export const hasValues = ({ kind }: Stored): boolean => kind === "cumulative" || kind === "discrete";

/** Writes values of a metric with their unit. */
export const writer = (metric: string, unit: string) => (value: number): string => `${number(value)} ${unitOf(metric, unit)}`.trimEnd();

/** Values of consecutive local days. */
export interface Daily {
  /** The date of the first. */
  first: string;
  values: Value[];
  /** Of measured values: the least and the most of each day. */
  least?: Value[];
  most?: Value[];
}

/** Of buckets by day without holes, each with the values of its statistics. */
export function daily(x: number[], columns: Record<string, Value[]>): Daily {
  return {
    first: x[0] === undefined ? "1970-01-01" : dateOf(x[0] * 1000),
    values: columns.sum ?? columns.avg ?? [],
    least: columns.min,
    most: columns.max,
  };
}

export const dayAt = ({ first }: Daily, at: number): string => addDays(first, at);

/** The days from `start` up to `end`, which is excluded; null where there is no data. */
export function cut(days: Daily, start: string, end: string): Daily {
  const [from, to] = [daysBetween(days.first, start), daysBetween(days.first, end)];
  const part = (values?: Value[]) => values && Array.from({ length: to - from }, (_, at) => values[from + at] ?? null);
  return { first: start, values: part(days.values) ?? [], least: part(days.least), most: part(days.most) };
}

export interface Figures {
  /** Days with data. */
  days: number;
  sum: number;
  /** Per day. Of what is measured it is no mean of the stretch, for days may know more or less of their time: the server has that. */
  mean: number;
  least: number;
  most: number;
}

export function figures({ values, least, most }: Daily): Figures | undefined {
  const found = known(values);
  if (!found.length) return undefined;
  const sum = found.reduce((all, value) => all + value, 0);
  return {
    days: found.length,
    sum,
    mean: sum / found.length,
    least: known(least ?? values).reduce((a, b) => Math.min(a, b), Infinity),
    most: known(most ?? values).reduce((a, b) => Math.max(a, b), -Infinity),
  };
}
