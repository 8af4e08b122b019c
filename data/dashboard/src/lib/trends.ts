// What a row of days says beyond each of them: running means and the direction of a body's measures.

import { known, mean, type Value } from "./statistics.ts";

/** The mean of each day and those before it, `days` in all; none where fewer than half of them are known. */
export function running(values: readonly Value[], days: number): Value[] {
  return values.map((_, at) => {
    const span = known(values.slice(Math.max(0, at - days + 1), at + 1));
    return span.length * 2 >= days ? mean(span) : null;
  });
}

/** A line through measurements that come now and then: each pulls it by a tenth for every day since the one before. */
export function smoothed(values: readonly Value[]): Value[] {
  let level: number | undefined;
  let days = 0;
  return values.map((value) => {
    days++;
    if (value === null) return level ?? null;
    const weight = 1 - 0.9 ** days;
    level = level === undefined ? value : level + (value - level) * weight;
    days = 0;
    return level;
  });
}

/** The slope of the straight line through the last `days` days, for each day; none with fewer than five of them known. */
export function slope(values: readonly Value[], days: number): number | undefined {
  const points = values.slice(-days).flatMap((value, at) => (value === null ? [] : [[at, value] as const]));
  if (points.length < 5) return undefined;
  const [x, y] = [mean(points.map(([at]) => at)), mean(points.map(([, value]) => value))];
  const spread = points.reduce((sum, [at]) => sum + (at - x) ** 2, 0);
  return spread === 0 ? undefined : points.reduce((sum, [at, value]) => sum + (at - x) * (value - y), 0) / spread;
}
