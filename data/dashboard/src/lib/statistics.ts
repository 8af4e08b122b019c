// The page's statistics: pure, so that they are tested without a browser. All of it is robust or says how sure it is,
// because a household's days are few, uneven and alike from one day to the next.

export type Value = number | null;

export const known = (values: readonly Value[]): number[] => values.filter((value) => value !== null);

export const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The value below which a share of all lies, between two values in proportion. NaN of nothing. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const [low, high] = [sorted[Math.floor(at)] ?? NaN, sorted[Math.ceil(at)] ?? NaN];
  return low + (high - low) * (at - Math.floor(at));
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** The median absolute deviation: half of the values lie no further than this from their median. */
export function spread(values: readonly number[]): number {
  const middle = median(values);
  return median(values.map((value) => Math.abs(value - middle)));
}

export interface Usual {
  median: number;
  low: number;
  high: number;
  days: number;
}

/** Median and 1.4826 median absolute deviations around it, as the server has it; nothing below 14 days. */
export function usual(values: readonly Value[]): Usual | undefined {
  const days = known(values);
  if (days.length < 14) return undefined;
  const middle = median(days);
  const half = Math.max(1.4826 * spread(days), Math.abs(middle) * 0.01);
  return { median: middle, low: middle - half, high: middle + half, days: days.length };
}

/** Pearson's r; NaN where one side never changes. */
export function pearson(x: readonly number[], y: readonly number[]): number {
  const [mx, my] = [mean(x), mean(y)];
  let [xy, xx, yy] = [0, 0, 0];
  x.forEach((value, at) => {
    const [dx, dy] = [value - mx, (y[at] ?? NaN) - my];
    xy += dx * dy;
    xx += dx * dx;
    yy += dy * dy;
  });
  return xx > 0 && yy > 0 ? Math.max(-1, Math.min(1, xy / Math.sqrt(xx * yy))) : NaN;
}

/** Places in ascending order from 1; equal values share the mean of theirs. */
export function ranks(values: readonly number[]): number[] {
  const order = values.map((_, at) => at).sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0));
  const places = new Array<number>(values.length);
  for (let from = 0, to = 0; from < order.length; from = to) {
    while (to < order.length && values[order[to] ?? 0] === values[order[from] ?? 0]) to++;
    for (let at = from; at < to; at++) places[order[at] ?? 0] = (from + to + 1) / 2;
  }
  return places;
}

export const spearman = (x: readonly number[], y: readonly number[]): number => pearson(ranks(x), ranks(y));

/** 95 % around an r of n pairs, by Fisher's z; of ranks its error is a little larger (Bonett and Wright). */
export function interval(r: number, n: number, ofRanks = false): [number, number] {
  if (n <= 3 || Number.isNaN(r)) return [-1, 1];
  const error = (1.959964 * Math.sqrt(ofRanks ? 1 + (r * r) / 2 : 1)) / Math.sqrt(n - 3);
  const z = Math.atanh(Math.max(-0.999999, Math.min(0.999999, r)));
  return [Math.tanh(z - error), Math.tanh(z + error)];
}

/** How often chance alone would give an r at least as far from 0. */
export function chance(r: number, n: number): number {
  if (n <= 3 || Number.isNaN(r)) return 1;
  return tails(Math.abs(Math.atanh(Math.max(-0.999999, Math.min(0.999999, r)))) * Math.sqrt(n - 3));
}

/** Both tails of the normal distribution beyond z: a series for the middle, a continued fraction for far out. */
function tails(z: number): number {
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  if (z > 3) {
    let fraction = z;
    for (let k = 60; k > 0; k--) fraction = z + k / fraction;
    return (2 * density) / fraction;
  }
  let [sum, term] = [z, z];
  for (let k = 1; k < 60; k++) sum += term *= (z * z) / (2 * k + 1);
  return Math.max(0, 1 - 2 * density * sum);
}

/** Which of several findings stand when having looked at all of them is allowed for (Benjamini and Hochberg, 5 %). */
export function stands(chances: readonly number[]): boolean[] {
  const sorted = chances.toSorted((a, b) => a - b);
  const limit = sorted.findLast((one, at) => one <= (0.05 * (at + 1)) / sorted.length) ?? -1;
  return chances.map((one) => one <= limit);
}

/** How many independent pairs days are worth that resemble the day before (Bartlett). `at` are day numbers, ascending. */
export function effective(x: readonly number[], y: readonly number[], at: readonly number[]): number {
  const both = Math.max(0, resemblance(x, at) * resemblance(y, at));
  return (x.length * (1 - both)) / (1 + both);
}

function resemblance(values: readonly number[], at: readonly number[]): number {
  const before = at.flatMap((day, index) => (at[index - 1] === day - 1 ? [index] : []));
  const r = before.length < 3 ? NaN : pearson(before.map((index) => values[index - 1] ?? 0), before.map((index) => values[index] ?? 0));
  return Number.isNaN(r) ? 0 : r;
}

/**
 * Differences to the mean of the 28 days around (of 14 known at least), and to what is left of their weekday: neither the
 * season nor the week remains. The two weeks at both ends have no days around them and are left out.
 */
export function detrend(days: readonly Value[]): Value[] {
  const level = days.map((value, at) => {
    const around = known(days.slice(Math.max(0, at - 14), at + 14));
    return value === null || at < 14 || at + 14 > days.length || around.length < 14 ? null : value - mean(around);
  });
  const week = Array.from({ length: 7 }, (_, weekday) => {
    const same = known(level.filter((_, at) => at % 7 === weekday));
    return same.length ? mean(same) : 0;
  });
  return level.map((value, at) => (value === null ? null : value - (week[at % 7] ?? 0)));
}

/** The mean of the seven days around, of four known at least. */
export const smooth = (days: readonly Value[]): Value[] => days.map((_, at) => {
  const around = known(days.slice(Math.max(0, at - 3), at + 4));
  return around.length < 4 ? null : mean(around);
});

export interface Pairs {
  x: number[];
  y: number[];
  /** The place of each pair's y. */
  at: number[];
}

/** Each day's y with the x of `lag` days before, where both are known. */
export function pairs(x: readonly Value[], y: readonly Value[], lag: number): Pairs {
  const found: Pairs = { x: [], y: [], at: [] };
  y.forEach((value, at) => {
    const before = x[at - lag] ?? null;
    if (value === null || before === null) return;
    found.x.push(before);
    found.y.push(value);
    found.at.push(at);
  });
  return found;
}

/** Slope and height at x = 0 of the line with the least squares. */
export function line({ x, y }: Pairs): [number, number] {
  const [mx, my] = [mean(x), mean(y)];
  const spread = x.reduce((sum, value) => sum + (value - mx) ** 2, 0);
  const slope = spread ? x.reduce((sum, value, at) => sum + (value - mx) * ((y[at] ?? 0) - my), 0) / spread : 0;
  return [slope, my - slope * mx];
}

/** Fewer pairs than this say nothing. */
export const FEWEST = 30;

export interface Relation {
  n: number;
  /** What `n` is worth when resembling neighbours are allowed for. */
  worth: number;
  pearson: number;
  spearman: number;
  pearsonInterval: [number, number];
  spearmanInterval: [number, number];
  /** By ranks, for one wild day can make Pearson's r what it likes. */
  chance: number;
  /** -1 or 1 when the interval by ranks does not hold 0, else 0: not clear. */
  direction: -1 | 0 | 1;
}

/** How two series go together; nothing for few pairs or where one never changes. */
export function relation({ x, y, at }: Pairs): Relation | undefined {
  const [r, rho] = [pearson(x, y), spearman(x, y)];
  if (x.length < FEWEST || Number.isNaN(r)) return undefined;
  const worth = effective(x, y, at);
  const [pearsonInterval, spearmanInterval] = [interval(r, worth), interval(rho, worth, true)];
  const [low, high] = spearmanInterval;
  return { n: x.length, worth, pearson: r, spearman: rho, pearsonInterval, spearmanInterval, chance: chance(rho, worth), direction: low > 0 ? 1 : high < 0 ? -1 : 0 };
}

/** Four limits that part values into five levels of equally many. */
export const levels = (values: readonly Value[]): number[] => [0.2, 0.4, 0.6, 0.8].map((share) => quantile(known(values), share));

export const levelOf = (value: number, limits: readonly number[]): number => limits.filter((limit) => value > limit).length;
