// What can be compared: anything that has one value a day. Sleep and workouts are no metrics, but are what people ask about.

import { ask, type Params } from "../../lib/api.ts";
import { dateOf, daysBetween } from "../../lib/days.ts";
import { minutes, number, title } from "../../lib/format.ts";
import { cut, daily, hasValues, isTotal, type Stored, writer } from "../../lib/metrics.ts";
import type { Value } from "../../lib/statistics.ts";
import type { Asked } from "../../parts/use-this.tsx";

export interface Choice {
  key: string;
  name: string;
  /** What there can be more of, rather than what can be higher. */
  amount: boolean;
}

const SLEEP: Choice = { key: "sleep", name: "Sleep", amount: true };
const WORKOUTS: Choice = { key: "workouts", name: "Workouts", amount: true };

export const choices = (stored: Stored[]): Choice[] => [
  SLEEP,
  WORKOUTS,
  ...stored.filter(hasValues).map((metric) => ({ key: metric.name, name: title(metric.name), amount: isTotal(metric) })),
];

const MAIN = new Set([
  "sleep", "workouts", "step_count", "active_energy", "apple_exercise_time", "apple_stand_hour", "resting_heart_rate", "heart_rate_variability", "heart_rate", "weight_body_mass",
  "blood_oxygen_saturation", "respiratory_rate", "vo2_max", "time_in_daylight", "dietary_energy", "dietary_caffeine", "alcohol_consumption", "mindful_minutes",
]);

export const main = (all: Choice[]): Choice[] => all.filter(({ key }) => MAIN.has(key));

export interface Days {
  choice: Choice;
  values: Value[];
  write: (value: number) => string;
  /** Round values are multiples of this. */
  base?: number;
  asked: Asked;
}

/** One value for each day from `start` up to `end`, which is excluded. */
export function load(choice: Choice, start: string, end: string, stop: AbortSignal): Promise<Days> {
  return (choice === SLEEP ? sleep : choice === WORKOUTS ? workouts : metric)(choice, start, end, stop);
}

async function metric(choice: Choice, start: string, end: string, stop: AbortSignal): Promise<Days> {
  const asked: Asked = {
    path: `/api/v1/aggregate/${encodeURIComponent(choice.key)}`,
    params: { bucket: "day", stat: choice.amount ? "sum" : "avg", start, end, fill: "null", shape: "columns" },
  };
  const { unit, columns } = await ask<{ unit: string; columns: { start: number[] } & Record<string, Value[]> }>(asked.path, asked.params, stop);
  return { choice, values: cut(daily(columns.start, columns), start, end).values, write: writer(choice.key, unit), asked };
}

async function sleep(choice: Choice, start: string, end: string, stop: AbortSignal): Promise<Days> {
  const asked: Asked = { path: "/api/v1/sleep", params: { start, end, segments: false, limit: 5000 } };
  const { nights } = await ask<{ nights: { date: string; asleep_minutes?: number }[] }>(asked.path, asked.params, stop);
  const values = new Array<Value>(daysBetween(start, end)).fill(null);
  for (const night of nights) put(values, daysBetween(start, night.date), night.asleep_minutes ?? null);
  return { choice, values, write: minutes, base: 60, asked };
}

/** A day without a workout has none of it, but only between the first and the last that are known. */
async function workouts(choice: Choice, start: string, end: string, stop: AbortSignal): Promise<Days> {
  const asked: Asked = { path: "/api/v1/workouts", params: { start, end, limit: 1000, order: "asc" } };
  const found = await everyPage(asked, stop);
  const values = new Array<Value>(daysBetween(start, end)).fill(null);
  const days = found.map((one) => daysBetween(start, dateOf(one.start)));
  const [first, last] = [days[0], days.at(-1)];
  if (first !== undefined && last !== undefined) values.fill(0, Math.max(0, first), last + 1);
  found.forEach((one, at) => put(values, days[at] ?? -1, (values[days[at] ?? -1] ?? 0) + one.duration_seconds / 60));
  return { choice, values, write: (value) => `${number(value, 0)} min`, asked };
}

function put(values: Value[], at: number, value: Value): void {
  if (at >= 0 && at < values.length) values[at] = value;
}

interface Workout {
  start: string;
  duration_seconds: number;
}

async function everyPage({ path, params }: Asked, stop: AbortSignal): Promise<Workout[]> {
  const all: Workout[] = [];
  let page: Params = params;
  for (;;) {
    const { workouts, next_cursor } = await ask<{ workouts: Workout[]; next_cursor?: string }>(path, page, stop);
    all.push(...workouts);
    if (!next_cursor) return all;
    page = { ...params, cursor: next_cursor };
  }
}
