// A metric's values over the stretch of time on show, in buckets that a chart can carry. All chart screens ask here, so
// that the same stretch is cut in the same way everywhere, and so that arrays keep their identity from one drawing to
// the next: a chart is drawn anew when they change.

import { useMemo } from "preact/hooks";

import { type Answer, type Params, useAnswer } from "../lib/api.ts";
import { daysBetween, type Range } from "../lib/days.ts";
import type { Values } from "./chart.tsx";
import type { Asked } from "./use-this.tsx";

/** What the server answers with shape=columns. */
interface Columns {
  metric: string;
  unit: string;
  bucket: string;
  layer: string;
  whole?: Record<string, number | null>;
  columns: { start: number[] } & Record<string, Values>;
}

export interface Series {
  /** The starts of the buckets, in epoch seconds. */
  x: number[];
  /** By statistic; a bucket without values is null. */
  columns: Record<string, Values>;
  /** By statistic, of the whole stretch: the server's, for a mean of means is another number. */
  whole: Record<string, number | null>;
  unit: string;
  /** What was asked for or, of "auto", what the server has chosen. */
  bucket: string;
  layer: string;
  /** Whether buckets are whole local days or longer. */
  days: boolean;
  asked: Asked;
}

export interface SeriesOptions {
  stats: string[];
  /** Statistics of the whole stretch. */
  whole?: string[];
  /** By default what fits the length of the stretch. */
  bucket?: string;
  /** How many buckets "auto" may give. */
  maxPoints?: number;
  /** Further parameters of the question, such as `source`. */
  more?: Params;
}

/** Buckets for a stretch: of at most 400 points, but for what is longer than a year and is left to the server. */
export function bucketFor({ start, end }: Range, stats: string[]): string {
  if (!start || !end) return "auto";
  const days = daysBetween(start, end);
  if (days <= 2) return stats.includes("sum") ? "15m" : "5m";
  return days <= 14 ? "hour" : days <= 400 ? "day" : "auto";
}

/** Whether the whole stretch has a number. */
export const isKnown = ({ whole }: Series): boolean => Object.values(whole).some((value) => value !== null);

const WHOLE_DAYS = new Set(["day", "week", "month", "year"]);

function question(metric: string, range: Range, { stats, whole, more, maxPoints }: SeriesOptions, bucket: string): Asked {
  const auto = bucket === "auto" ? { max_points: maxPoints ?? 1500 } : {};
  return {
    path: `/api/v1/aggregate/${encodeURIComponent(metric)}`,
    params: { bucket, ...auto, stat: stats.join(","), start: range.start, end: range.end, fill: "null", shape: "columns", whole: whole?.join(","), ...more },
  };
}

/** Asks for nothing without a metric. */
export function useSeries(metric: string | undefined, view: { range: Range }, options: SeriesOptions): Answer<Series> {
  const bucket = options.bucket ?? bucketFor(view.range, options.stats);
  const fine = useColumns(metric, view.range, options, bucket);
  const coarse = !options.bucket && bucket.endsWith("m") && fine.data !== undefined && byTheHour(fine.data);
  const hours = useColumns(coarse ? metric : undefined, view.range, options, "hour");
  return coarse ? hours : fine;
}

/** What was stored by the hour would stand in every fourth quarter of an hour only. */
function byTheHour({ x, columns }: Series): boolean {
  const [values = []] = Object.values(columns);
  return x.every((at, index) => values[index] === null || at % 3600 === 0);
}

function useColumns(metric: string | undefined, range: Range, options: SeriesOptions, bucket: string): Answer<Series> {
  const asked = question(metric ?? "", range, options, bucket);
  const answer = useAnswer<Columns>(metric === undefined ? undefined : asked.path, asked.params);
  const data = useMemo(() => answer.data && read(answer.data, asked), [answer.data]);
  return { ...answer, data };
}

function read({ unit, bucket, layer, columns, whole = {} }: Columns, asked: Asked): Series {
  const { start, ...rest } = columns;
  const { max_points: _, whole: __, ...params } = asked.params;
  return { x: start, columns: rest, whole, unit, bucket, layer, days: WHOLE_DAYS.has(bucket), asked: { ...asked, params: { ...params, bucket }, unit } };
}
