// Workouts as the server tells of them, and what people reckon of them: distances in one unit, pace where pace is usual.

import { addDays } from "./days.ts";
import { number } from "./format.ts";
import { monday } from "./nights.ts";

export interface Figure {
  unit: string;
  value?: number;
  avg?: number;
  min?: number;
  max?: number;
}

export interface Workout {
  id: string;
  type: string;
  name: string;
  start: string;
  end: string;
  duration_seconds: number;
  /** The workout that counts in totals in place of this one. */
  covered_by?: string;
  source?: string;
  location?: string;
  figures: Record<string, Figure>;
  has_route: boolean;
  series: string[];
}

export const METRES: Record<string, number> = { m: 1, km: 1000, yd: 0.9144, mi: 1609.344 };

/** Metres, by whichever figure tells of a distance. */
export function metresOf({ figures }: Workout): number | undefined {
  const name = ["distance", ...Object.keys(figures).filter((one) => one.endsWith("_distance"))].find((one) => figures[one]?.value !== undefined);
  const figure = name ? figures[name] : undefined;
  const metres = METRES[figure?.unit ?? ""];
  return figure?.value === undefined || metres === undefined ? undefined : figure.value * metres;
}

/** 754 seconds are 12:34. */
export function clocked(seconds: number): string {
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return `${hours ? `${hours}:${String(minutes).padStart(2, "0")}` : minutes}:${String(whole % 60).padStart(2, "0")}`;
}

/** How fast, in the way that is usual for an activity: time for a length on foot, in water and in a boat, else speed. */
export function rate(activity: string, metres: number, seconds: number, imperial: boolean): { label: "Pace" | "Speed"; text: string } | undefined {
  if (!(metres > 0 && seconds > 0)) return undefined;
  const paced = (length: number, name: string) => ({ label: "Pace" as const, text: `${clocked((seconds * length) / metres)} /${name}` });
  if (/swim/.test(activity)) return imperial ? paced(91.44, "100 yd") : paced(100, "100 m");
  if (/rowing/.test(activity)) return paced(500, "500 m");
  if (/run|walk|hik/.test(activity)) return imperial ? paced(1609.344, "mi") : paced(1000, "km");
  return { label: "Speed", text: speed(metres / seconds, imperial) };
}

export const speed = (metresPerSecond: number, imperial: boolean): string =>
  `${number(metresPerSecond * (imperial ? 3600 / 1609.344 : 3.6), 1)} ${imperial ? "mph" : "km/h"}`;

export const length = (metres: number, imperial: boolean): string => `${number(metres / (imperial ? 1609.344 : 1000), 2)} ${imperial ? "mi" : "km"}`;
export const height = (metres: number, imperial: boolean): string => `${number(metres / (imperial ? 0.3048 : 1), 0)} ${imperial ? "ft" : "m"}`;

export interface Total {
  workouts: number;
  seconds: number;
  metres: number;
  kcal: number;
}

export function total(workouts: Workout[]): Total {
  return workouts.filter((one) => !one.covered_by).reduce((sum, one) => ({
    workouts: sum.workouts + 1,
    seconds: sum.seconds + one.duration_seconds,
    metres: sum.metres + (metresOf(one) ?? 0),
    kcal: sum.kcal + (one.figures.active_energy?.value ?? 0),
  }), { workouts: 0, seconds: 0, metres: 0, kcal: 0 });
}

/** By the Monday of the week in which they began; the server writes a workout's start in the time of its place. */
export function byWeek(workouts: Workout[]): Map<string, Workout[]> {
  const weeks = new Map<string, Workout[]>();
  for (const one of workouts) {
    const week = monday(one.start.slice(0, 10));
    const those = weeks.get(week);
    if (those) those.push(one);
    else weeks.set(week, [one]);
  }
  return weeks;
}

/** Types, those of the most time first. */
export function types(workouts: Workout[]): string[] {
  const seconds = new Map<string, number>();
  for (const { type, duration_seconds: one } of workouts) seconds.set(type, (seconds.get(type) ?? 0) + one);
  return [...seconds].sort((a, b) => b[1] - a[1]).map(([type]) => type);
}

/** Seconds a week in the four whole weeks before `week`, and in the up to twelve before those. */
export function lately(weeks: Map<string, Workout[]>, week: string, first: string): { now: number; before: number } | undefined {
  const mean = (from: number, to: number): number => {
    const some = Array.from({ length: to - from }, (_, at) => addDays(week, -7 * (from + at + 1)));
    const inside = some.filter((one) => one >= first);
    return inside.length < Math.min(4, to - from) ? NaN : total(inside.flatMap((one) => weeks.get(one) ?? [])).seconds / inside.length;
  };
  const [now, before] = [mean(0, 4), mean(4, 16)];
  return Number.isNaN(now + before) ? undefined : { now, before };
}
