// The page's statistics against figures worked out by hand, from tables of the normal distribution, and from a published example.

import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./load.mjs";

const s = await load("lib/statistics.ts");

const close = (found, wanted, by = 1e-6) => assert.ok(Math.abs(found - wanted) <= by, `${found} is not ${wanted}`);

/** Made-up values that are the same in every run. */
function noise(count, seed = 1) {
  let state = seed;
  return Array.from({ length: count }, () => (state = (state * 48271) % 2147483647) / 2147483647);
}

test("quantiles lie between values in proportion, and of nothing there is none", () => {
  assert.equal(s.median([3, 1, 2]), 2);
  assert.equal(s.median([4, 1, 2, 3]), 2.5);
  close(s.quantile([10, 20, 30, 40], 0.2), 16);
  assert.ok(Number.isNaN(s.median([])));
});

test("the usual range is the median and 1.4826 deviations, from 14 days on", () => {
  const days = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14];
  assert.equal(s.usual([...days.slice(1), null]), undefined);
  const { low, high, days: counted } = s.usual([...days, null, null]);
  close(low, 7.5 - 1.4826 * 3.5);
  close(high, 7.5 + 1.4826 * 3.5);
  assert.equal(counted, 14);
});

test("days that are all alike have a usual range of a hundredth", () => {
  const { low, high } = s.usual(new Array(20).fill(50));
  close(low, 49.5);
  close(high, 50.5);
});

test("Pearson's r by hand, and none where one side never changes", () => {
  // Deviations -2..2 and (-2, 0, -1, 1, 2): 9 / sqrt(10 * 10).
  close(s.pearson([1, 2, 3, 4, 5], [1, 3, 2, 4, 5].map((v) => v - 1)), 0.9);
  close(s.pearson([1, 2, 3, 4], [8, 6, 4, 2]), -1);
  assert.ok(Number.isNaN(s.pearson([1, 2, 3], [5, 5, 5])));
  close(s.pearson([1e9 + 1, 1e9 + 2, 1e9 + 3], [3, 5, 4]), 0.5);
});

test("equal values share their ranks", () => {
  assert.deepEqual(s.ranks([10, 20, 20, 5]), [2, 3.5, 3.5, 1]);
  assert.deepEqual(s.ranks([7, 7, 7]), [2, 2, 2]);
  assert.deepEqual(s.ranks([]), []);
});

test("Spearman's r looks at the order only", () => {
  close(s.spearman([1, 2, 3, 4, 5], [1, 10, 100, 1000, 10_000]), 1);
  // 1 - 6 d² / (n (n² - 1)), with four differences of one.
  close(s.spearman([1, 2, 3, 4, 5, 6], [2, 1, 4, 3, 6, 500]), 1 - 24 / 210);
});

test("Fisher's interval is that of the arc tangent", () => {
  // atanh(0.5) = 0.549306; 1.959964 / sqrt(97) = 0.199004
  const [low, high] = s.interval(0.5, 100);
  close(low, Math.tanh(0.549306 - 0.199004), 1e-5);
  close(high, Math.tanh(0.549306 + 0.199004), 1e-5);
  const ranks = s.interval(0.5, 100, true);
  assert.ok(ranks[0] < low && ranks[1] > high);
  assert.deepEqual(s.interval(0.9, 3), [-1, 1]);
  assert.deepEqual(s.interval(NaN, 100), [-1, 1]);
  const certain = s.interval(1, 50);
  assert.ok(certain[0] > 0.99 && certain[1] <= 1);
});

test("chance is both tails of the normal distribution", () => {
  close(s.chance(Math.tanh(1.959964 / Math.sqrt(97)), 100), 0.05, 1e-6);
  close(s.chance(Math.tanh(2.575829 / Math.sqrt(97)), 100), 0.01, 1e-6);
  close(s.chance(Math.tanh(4 / Math.sqrt(97)), 100), 6.334e-5, 1e-7);
  assert.equal(s.chance(0, 100), 1);
  assert.equal(s.chance(0.9, 2), 1);
  const [below, above] = [2.999999, 3.000001].map((z) => s.chance(Math.tanh(z / Math.sqrt(97)), 100));
  close(below, above, 1e-7);
});

test("of many findings those stand that Benjamini and Hochberg let stand", () => {
  // Their own example: of these fifteen, the first four.
  const chances = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528, 0.759, 1];
  assert.deepEqual(s.stands(chances), chances.map((_, at) => at < 4));
  assert.deepEqual(s.stands([1, 0.9]), [false, false]);
  assert.deepEqual(s.stands([]), []);
});

test("seven days around are smoothed, and a gap is only bridged where four are known", () => {
  assert.deepEqual(s.smooth([1, 2, 3, 4]), [2.5, 2.5, 2.5, 2.5]);
  // Around the fourth all seven places hold four values; around the others fewer.
  assert.deepEqual(s.smooth([7, null, null, null, 8, 9, 10]), [null, null, null, 8.5, null, null, null]);
});

test("pairs are of days on which both are known, the second later by the lag", () => {
  const found = s.pairs([1, null, 3, 4], [10, 20, null, 40], 0);
  assert.deepEqual(found, { x: [1, 4], y: [10, 40], at: [0, 3] });
  assert.deepEqual(s.pairs([1, null, 3, 4], [10, 20, 30, 40], 1), { x: [1, 3], y: [20, 40], at: [1, 3] });
  assert.deepEqual(s.pairs([1, 2], [1, 2], 2), { x: [], y: [], at: [] });
});

test("without a slow and a weekly trend nothing is left of these", () => {
  const week = [5, 1, 0, -2, 3, 8, -15];
  const left = s.detrend(Array.from({ length: 140 }, (_, at) => 1000 + 2 * at + week[at % 7]));
  assert.deepEqual([left[13], left[127]], [null, null]);
  const middle = left.slice(14, 127);
  assert.ok(middle.every((value) => Math.abs(value) < 1e-9), String(middle));
});

test("a gap stays a gap when trends are removed, and few neighbours are not enough", () => {
  const days = new Array(60).fill(7);
  days[30] = null;
  assert.equal(s.detrend(days)[30], null);
  assert.deepEqual(s.detrend([1, 2, 3]), [null, null, null]);
});

test("two trends that have nothing to do with each other go together until they are removed", () => {
  const [a, b] = [noise(200, 3), noise(200, 99)];
  const [x, y] = [a.map((value, at) => at / 10 + value), b.map((value, at) => 50 - at / 10 + value)];
  assert.ok(s.relation(s.pairs(x, y, 0)).pearson < -0.9);
  assert.equal(s.relation(s.pairs(s.detrend(x), s.detrend(y), 0)).direction, 0);
});

test("days that resemble each other are worth fewer", () => {
  const step = noise(300, 5);
  const wander = step.map((_, at) => step.slice(0, at + 1).reduce((sum, value) => sum + value - 0.5, 0));
  const at = step.map((_, day) => day);
  assert.ok(s.effective(wander, wander.map((value) => value * 2), at) < 30);
  close(s.effective(step, noise(300, 8), at), 300, 15);
  // Never every second day only: no neighbours, nothing known of their likeness.
  assert.equal(s.effective(step, step, at.map((day) => day * 2)), 300);
});

test("fewer than 30 pairs, or a series that never changes, say nothing", () => {
  const values = noise(29);
  assert.equal(s.relation(s.pairs(values, values, 0)), undefined);
  assert.equal(s.relation(s.pairs(noise(60), new Array(60).fill(1), 0)), undefined);
});

test("what is clear has a direction, noise has none", () => {
  const x = noise(120, 11);
  const y = noise(120, 77).map((value, at) => value / 2 - x[at]);
  const { direction, pearsonInterval, chance, n } = s.relation(s.pairs(x, y, 0));
  assert.equal(direction, -1);
  assert.ok(pearsonInterval[1] < 0 && chance < 1e-6 && n === 120);
  assert.equal(s.relation(s.pairs(noise(120, 21), noise(120, 1234), 0)).direction, 0);
});

test("one wild day alone is not called clear", () => {
  const [x, y] = [noise(60, 31), noise(60, 4567)];
  x[7] = y[7] = 1000;
  const found = s.relation(s.pairs(x, y, 0));
  assert.ok(found.pearson > 0.99);
  assert.equal(found.direction, 0);
});

test("the line with the least squares", () => {
  const [slope, height] = s.line({ x: [0, 1, 2], y: [1, 3, 5], at: [0, 1, 2] });
  close(slope, 2);
  close(height, 1);
  assert.deepEqual(s.line({ x: [4, 4], y: [1, 3], at: [0, 1] }), [0, 2]);
});

test("levels part values into fifths", () => {
  const limits = s.levels([...Array.from({ length: 101 }, (_, at) => at), null]);
  assert.deepEqual(limits.map(Math.round), [20, 40, 60, 80]);
  assert.deepEqual([0, 20, 21, 100].map((value) => s.levelOf(value, limits)), [0, 0, 1, 4]);
});
