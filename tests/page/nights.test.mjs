// The arithmetic of nights: around midnight, over summer time, with holes, and with naps.

import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./load.mjs";

const n = await load("lib/nights.ts");

const night = (date, start, end, more = {}) => ({ date, start, end, stages: {}, segments: [], summary: "segments", ...more });

test("clock times are minutes around the midnight of the date, whatever zone the browser is in", () => {
  assert.equal(n.clock("2026-01-02", "2026-01-01T23:30:00+01:00"), -30);
  assert.equal(n.clock("2026-01-02", "2026-01-02T00:30:59+01:00"), 30);
  assert.equal(n.clock("2026-03-29", "2026-03-29T07:00:00+02:00"), 420, "the night in which the clocks change");
  assert.equal(n.clock("2026-01-01", "2025-12-31T22:00:00-08:00"), -120);
  assert.equal(n.clockText(-19.6), "23:40");
  assert.equal(n.clockText(1439.7), "00:00");
  assert.equal(n.clockText(-1500), "23:00");
});

test("bedtimes around midnight have their median near midnight", () => {
  const nights = ["2026-01-01T23:40:00+01:00", "2026-01-02T00:20:00+01:00"].map((start) => night("2026-01-02", start, "2026-01-02T07:00:00+01:00"));
  assert.equal(n.clockText(n.median(nights.map(n.falling))), "00:00");
  assert.equal(n.falling(night("2026-01-02", undefined, undefined)), undefined);
});

test("medians and deviations, of few and of none", () => {
  assert.equal(n.median([]), undefined);
  assert.equal(n.median([5]), 5);
  assert.equal(n.median([9, 1, 5, 3]), 4);
  assert.equal(n.spread([1, 2, 3, 4, 100]), 1);
  assert.equal(n.spread([]), undefined);
  assert.equal(n.mean([]), undefined);
});

test("usual needs 14 nights that know of it", () => {
  const known = Array.from({ length: 13 }, () => 400);
  assert.equal(n.usual([...known, undefined, undefined]), undefined);
  assert.deepEqual(n.usual([...known, 400]), { median: 400, low: 396, high: 404, days: 14 });
  const { low, high, median } = n.usual([380, 420, ...known, 400]);
  assert.deepEqual([low, median, high], [396, 400, 404], "one odd night changes nothing");
});

test("efficiency is of what was measured: not without a bed, and never above all of it", () => {
  const of = (asleep_minutes, in_bed_minutes) => n.FIGURES.efficiency({ asleep_minutes, in_bed_minutes, stages: {}, segments: [] });
  assert.equal(of(450, 500), 90);
  assert.equal(of(450, undefined), undefined);
  assert.equal(of(450, 400), undefined, "a nap outside the bed");
  assert.equal(of(0, 0), undefined);
});

test("naps are apart from the night, and two stretches of one nap are one", () => {
  const part = (stage, start, end) => ({ stage, start: `2026-01-02T${start}:00Z`, end: `2026-01-02T${end}:00Z` });
  const segments = [part("core", "00:00", "06:00"), part("rem", "13:00", "13:20"), part("core", "13:25", "13:40"), part("asleep", "18:00", "18:20")];
  const { main, naps } = n.parts(night("2026-01-02", "2026-01-02T00:00:00Z", "2026-01-02T06:00:00Z", { segments }));
  assert.deepEqual([main.length, naps.map((nap) => nap.length)], [1, [2, 1]]);
  assert.equal(n.parts(night("2026-01-02", undefined, undefined, { segments })).main.length, 4);
});

test("weeks are the mean of the nights there are, and stages that some lack still add up", () => {
  const nights = [
    night("2026-01-05", "2026-01-04T23:00:00Z", "2026-01-05T06:00:00Z", { asleep_minutes: 420, stages: { core: 300, deep: 120 } }),
    night("2026-01-11", "2026-01-11T01:00:00Z", "2026-01-11T08:00:00Z", { asleep_minutes: 380, stages: { unspecified: 380 } }),
    night("2026-01-12", "2026-01-12T01:00:00Z", "2026-01-12T08:00:00Z", { asleep_minutes: 400 }),
  ];
  const [week, next] = n.slots(nights, true);
  assert.deepEqual([week.date, week.nights, week.asleep, week.falling], ["2026-01-05", 2, 400, 0]);
  assert.equal(Object.values(week.stages).reduce((sum, value) => sum + value, 0), 400);
  assert.deepEqual([next.date, next.nights, next.stages], ["2026-01-12", 1, {}]);
  assert.equal(n.slots(nights, false).length, 3);
  assert.deepEqual(n.slots([], true), []);
});

test("Mondays, over the turn of a year", () => {
  assert.equal(n.monday("2026-01-01"), "2025-12-29");
  assert.equal(n.monday("2025-12-29"), "2025-12-29");
  assert.equal(n.monday("2026-01-04"), "2025-12-29");
});
