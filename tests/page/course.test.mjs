// What the page reckons from positions, times and heart rates, against figures worked out by hand.

import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./load.mjs";

const c = await load("lib/course.ts");
const w = await load("lib/workouts.ts");
const { joined, silence } = await load("lib/gaps.ts");

const close = (found, wanted, by = 1e-6) => assert.ok(Math.abs(found - wanted) <= by, `${found} is not ${wanted}`);
const spot = (latitude, longitude, at = 0, altitude) => ({ latitude, longitude, at, altitude });

/** Northwards at `speed` metres a second, a position each second. */
const north = (seconds, speed, from = 0) => Array.from({ length: seconds + 1 }, (_, at) => spot((speed * at) / 111_195.08, 13, from + at));

test("distances along the great circle, also over the date line and a pole", () => {
  close(c.distance(spot(0, 0), spot(0, 1)), 111_195.08, 0.1);
  close(c.distance(spot(52.5, 13.4), spot(48.85, 2.35)), 877_000, 2_000);
  close(c.distance(spot(0, 179.5), spot(0, -179.5)), 111_195.08, 0.1);
  close(c.distance(spot(89.5, 0), spot(89.5, 180)), 111_195.08, 0.1);
  close(c.distance(spot(0, 0), spot(0, 180)), Math.PI * 6_371_008.8, 1);
  assert.equal(c.distance(spot(1, 2), spot(1, 2)), 0);
});

test("positions come from a line, and one position is no way", () => {
  const feature = (type, coordinates, times) => ({ features: [{ geometry: { type, coordinates }, properties: { times } }] });
  assert.deepEqual(c.places(feature("LineString", [[13, 52, 40], [14, 53]], ["2026-01-01T12:00:00+01:00", "2026-01-01T12:00:02+01:00"])), [
    { at: 1767265200, latitude: 52, longitude: 13, altitude: 40 }, { at: 1767265202, latitude: 53, longitude: 14, altitude: undefined },
  ]);
  assert.deepEqual(c.places(feature("Point", [13, 52], ["2026-01-01T12:00:00Z"])), []);
  assert.deepEqual(c.places({ features: [] }), []);
});

test("an even walk has one speed, and a silence none", () => {
  const way = [...north(60, 3), ...north(60, 3, 600)];
  const fast = c.speeds(way, c.along(north(60, 3)).concat(c.along(north(60, 3)).map((metres) => 180 + metres)));
  close(fast[0], 3, 1e-3);
  close(fast[30], 3, 1e-3);
  close(fast[60], 3, 1e-3);
  assert.deepEqual(c.speeds([spot(0, 0, 5), spot(0, 1, 5)], [0, 100]), [null, null], "two places at one time");
  assert.deepEqual(c.speeds([], []), []);
});

test("splits end where the length is full, between positions, and keep what is left over", () => {
  const way = north(1000, 2.5);
  const found = c.splits(way, c.along(way), [], 1000);
  assert.deepEqual(found.map(({ metres }) => Math.round(metres)), [1000, 1000, 500]);
  found.slice(0, 2).forEach(({ seconds }) => close(seconds, 400, 0.01));
  close(found.reduce((sum, { seconds }) => sum + seconds, 0), 1000, 0.01);
  const jump = [spot(0, 0, 0), spot(3500 / 111_195.08, 0, 700)];
  const far = c.splits(jump, c.along(jump), [], 1000);
  assert.deepEqual(far.map(({ metres, seconds }) => [Math.round(metres), Math.round(seconds)]), [[1000, 200], [1000, 200], [1000, 200], [500, 100]], "one leap over several splits");
  assert.deepEqual(c.splits([], [], [], 1000), []);
  assert.deepEqual(c.splits([spot(1, 1, 0), spot(1, 1, 90)], [0, 0], [], 1000), [], "who stood still");
});

test("a pause is in no split", () => {
  const way = [...north(400, 2.5), ...north(400, 2.5, 700).map((place) => ({ ...place, latitude: place.latitude + 1000 / 111_195.08 }))];
  const paused = c.pauses([{ kind: "pause", start: "1970-01-01T00:06:40Z", duration_seconds: 0 }, { kind: "lap", start: "1970-01-01T00:08:00Z", duration_seconds: 0 }, { kind: "resume", start: "1970-01-01T00:11:40Z", duration_seconds: 0 }], 1100);
  assert.deepEqual(paused, [[400, 700]]);
  c.splits(way, c.along(way), paused, 500).forEach(({ seconds }) => close(seconds, 200, 0.5));
});

test("pauses: with a length, without an end, and a resume that ends none", () => {
  const at = (seconds) => new Date(seconds * 1000).toISOString();
  assert.deepEqual(c.pauses([{ kind: "resume", start: at(5), duration_seconds: 0 }, { kind: "pause", start: at(10), duration_seconds: 20 }, { kind: "pause", start: at(50), duration_seconds: 0 }, { kind: "pause", start: at(60), duration_seconds: 0 }], 100), [[10, 30], [50, 100]]);
  assert.equal(c.moving(0, 100, [[10, 30], [90, 200]]), 70);
});

test("silences of a route are pauses only as far as the workout is shorter than it took", () => {
  const way = [0, 10, 250, 260, 300, 301].map((at) => spot(0, 0, at));
  assert.deepEqual(c.guessed(way, 240), [[10, 250]]);
  assert.deepEqual(c.guessed(way, 280), [[10, 250], [260, 300]]);
  assert.deepEqual(c.guessed(way, 0), []);
  assert.deepEqual(c.guessed([], 100), []);
});

test("climbing counts hills and not the noise", () => {
  assert.equal(c.climbed([10, 10.5, 10, 11, 10.2]), 0);
  assert.equal(c.climbed([10, 20, 15, 25]), 20);
  assert.equal(c.climbed([undefined, 5, undefined, 9]), 4);
  assert.equal(c.climbed([undefined]), undefined);
});

test("zones: borders belong to the zone above, and what was not measured to none", () => {
  const points = [[0, 100], [60, 120], [120, 179.9], [180, 180], [240, null], [1000, 200]].map(([at, value]) => ({ at, value }));
  assert.deepEqual(c.zones(points, 200, 1030), [60, 60, 0, 60, 90]);
  assert.deepEqual(c.zones([{ at: 0, value: 50 }], 200, 5000), [120, 0, 0, 0, 0], "a lone value counts for two minutes");
  assert.deepEqual(c.zones([{ at: 100, value: 50 }], 200, 50), [0, 0, 0, 0, 0], "after the end");
});

test("lines are broken where nothing came, and points out of order are left out", () => {
  const { x, values } = joined([[0, 1], [60, 2], [60, 9], [30, 9], [600, 3]].map(([at, value]) => ({ at, value })), 120);
  assert.deepEqual([x, values], [[0, 60, 61, 600], [1, 2, null, 3]]);
  assert.equal(silence([0, 60, 120, 4000].map((at) => ({ at, value: 1 })), 100), 180);
  assert.equal(silence([], 100), 100);
});

test("pace on foot and in water, speed elsewhere, in both systems", () => {
  assert.deepEqual(w.rate("running", 5000, 1500, false), { label: "Pace", text: "5:00 /km" });
  assert.deepEqual(w.rate("running", 1609.344, 479.6, true), { label: "Pace", text: "8:00 /mi" });
  assert.deepEqual(w.rate("swimming", 1000, 1199.6, false), { label: "Pace", text: "2:00 /100 m" });
  assert.equal(w.rate("cycling", 10_000, 1800, false).label, "Speed");
  assert.equal(w.rate("walking", 1000, 4000, false).text, "1:06:40 /km");
  assert.equal(w.rate("running", 0, 100, false), undefined);
  assert.equal(w.clocked(59.6), "1:00");
});

test("a distance is found under any of its names and units, and summed in one", () => {
  const workout = (figures) => ({ start: "2026-03-02T10:00:00+01:00", type: "x", duration_seconds: 60, figures });
  assert.equal(w.metresOf(workout({ distance: { unit: "km", value: 5 }, cycling_distance: { unit: "km", value: 4 } })), 5000);
  close(w.metresOf(workout({ swimming_distance: { unit: "yd", value: 100 } })), 91.44);
  assert.equal(w.metresOf(workout({ distance: { unit: "furlong", value: 1 } })), undefined);
  assert.equal(w.metresOf(workout({})), undefined);
  assert.deepEqual(w.total([workout({ distance: { unit: "m", value: 500 } }), workout({ active_energy: { unit: "kcal", value: 7 } })]), { workouts: 2, seconds: 120, metres: 500, kcal: 7 });
});

test("weeks begin on Mondays, and four of them are held against those before", () => {
  const on = (start, minutes) => ({ start: `${start}T23:30:00+01:00`, type: "x", duration_seconds: minutes * 60, figures: {} });
  const weeks = w.byWeek([on("2026-03-01", 1), on("2026-03-02", 2), on("2026-03-08", 3)]);
  assert.deepEqual([...weeks].map(([week, some]) => [week, some.length]), [["2026-02-23", 1], ["2026-03-02", 2]]);
  const many = w.byWeek(["2026-01-05", "2026-01-12", "2026-01-19", "2026-01-26", "2026-02-02", "2026-02-09", "2026-02-16", "2026-02-23"].map((day, at) => on(day, at < 4 ? 40 : 80)));
  assert.deepEqual(w.lately(many, "2026-03-02", "2026-01-05"), { now: 4800, before: 2400 });
  assert.equal(w.lately(many, "2026-03-02", "2026-02-01"), undefined, "too little before");
});
