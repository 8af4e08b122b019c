// How Data health puts what the server says: names and dates as they stand elsewhere on the page, and nobody's own words changed.

import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./load.mjs";

const w = await load("screens/data/words.ts");

const counts = (received, stored = 0, updated = 0, unchanged = 0, quarantined = 0) => ({ received, stored, updated, unchanged, quarantined });

test("a verdict says what became of the items, and leaves out what there is none of", () => {
  assert.equal(w.verdict(counts(44, 44)), "44 received: 44 new");
  assert.equal(w.verdict(counts(10, 1, 2, 3, 4)), "10 received: 1 new, 2 replaced, 3 known already, 4 not understood");
  assert.equal(w.verdict(counts(0)), "0 received");
  assert.equal(w.verdict({ ...counts(3, 3), superseded: 12 }), "3 received: 3 new; 12 earlier values count no more");
  assert.equal(w.verdict({ ...counts(3, 0, 1, 2), superseded: 1, kept_out: 2 }), "3 received: 1 replaced, 2 deleted here, and kept out; 1 earlier value counts no more");
  assert.equal(w.verdictOf(counts(3, 0, 1, 2), { kept_out: 1 }), "3 received: 1 replaced, 2 known already or deleted here");
  assert.equal(w.verdictOf(counts(3, 0, 1, 2), {}), "3 received: 1 replaced, 2 known already");
  assert.equal(w.verdict({ ...counts(1, 0, 0, 0, 1), refused: true }), "Refused: it was not understood");
});

test("names of metrics and dates are put as everywhere, and no sentence breaks the page", () => {
  const sentence = w.plain("12 samples of step_count and vo2_max from 2026-01-01 to 2026-01-02");
  assert.match(sentence, /^12 samples of Steps and Cardio fitness \(VO₂ max\) from .*2026.* to .*2026/);
  assert.ok(!sentence.includes("2026-01-01"));
  assert.equal(w.plain("workouts has nothing"), "Workouts has nothing");
  assert.equal(w.plain('the automation "step_count 2026-01-01" has stopped'), 'The automation "step_count 2026-01-01" has stopped');
  for (const odd of ["", "on 2026-99-99", '"', "__proto__", "2026-02-31"]) assert.equal(typeof w.plain(odd), "string", odd);
  assert.equal(w.plain("on 2026-99-99"), "On 2026-99-99");
});

test("reasons that differ in the item only are one", () => {
  assert.equal(w.inGeneral('date "soon" is not a date we can read'), w.inGeneral('date "" is not a date we can read'));
  assert.equal(w.inGeneral("-1 count/min is outside what heart_rate can be, 0 to 500"), w.inGeneral("900.5 count/min is outside what heart_rate can be, 0 to 500"));
  assert.notEqual(w.inGeneral("900 count/min is outside what heart_rate can be, 0 to 500"), w.inGeneral("900 % is outside what body_fat can be, 0 to 100"));
});

test("an interval is told in the unit that fits", () => {
  assert.deepEqual([1, 15, 60, 240, 1284, 1440, 10_080].map(w.every), ["every minute", "every 15 minutes", "every hour", "every 4 hours", "every 21 hours", "every day", "every 7 days"]);
});

test("who has sent a delivery is its automation, else its file, else its format", () => {
  const delivery = { format: "health-auto-export" };
  assert.equal(w.sender(delivery), "Health Auto Export");
  assert.equal(w.sender({ ...delivery, file: "export.zip" }), "export.zip");
  assert.equal(w.sender({ ...delivery, file: "export.zip", automation_name: "Steps hourly" }), "Steps hourly");
});
