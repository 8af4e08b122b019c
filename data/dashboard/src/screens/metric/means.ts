// The means of months and years of what is measured, from the server: a mean of means is another number.

import { useCallback, useMemo } from "preact/hooks";

import { dateOf } from "../../lib/days.ts";
import { isTotal, type Stored } from "../../lib/metrics.ts";
import { useSeries } from "../../parts/series.ts";

/** The mean of the month or year that begins with a date. */
export type Means = (first: string) => number | undefined;

/** Of a total there are none: its days add up. */
export function useMeans(stored: Stored, bucket: "month" | "year", source?: string): Means {
  const { data } = useSeries(isTotal(stored) ? undefined : stored.name, { range: {} }, { bucket, stats: ["avg"], more: { source } });
  const known = useMemo(() => new Map(data?.x.map((at, index) => [dateOf(at * 1000), data.columns.avg?.[index] ?? undefined])), [data]);
  return useCallback((first) => known.get(first), [known]);
}
