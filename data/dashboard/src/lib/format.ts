// How numbers, units, times and metrics are written for people.

import { writer } from "./days.ts";

/** What a table has under a name; a sender may call a metric "constructor", which every object knows. */
export const named = <T>(table: Record<string, T>, name: string): T | undefined => (Object.hasOwn(table, name) ? table[name] : undefined);

const TITLES: Record<string, string> = {
  step_count: "Steps",
  active_energy: "Active energy",
  basal_energy_burned: "Resting energy",
  apple_exercise_time: "Exercise",
  apple_stand_hour: "Stand hours",
  apple_stand_time: "Stand time",
  heart_rate_variability: "Heart rate variability (SDNN)",
  heart_rate_variability_rmssd: "Heart rate variability (RMSSD)",
  resting_heart_rate: "Resting heart rate",
  weight_body_mass: "Weight",
  blood_oxygen_saturation: "Blood oxygen",
  vo2_max: "Cardio fitness (VO₂ max)",
  walking_running_distance: "Walking and running",
  lean_body_mass: "Lean mass",
  body_fat_percentage: "Body fat",
  body_mass_index: "Body mass index",
  apple_sleeping_wrist_temperature: "Wrist temperature asleep",
};

/** What people call a metric, an activity or any other code. */
export function title(name: string): string {
  const words = named(TITLES, name) ?? name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const UNITS: Record<string, string> = { count: "", "count/min": "bpm", degC: "°C", degF: "°F", "km/hr": "km/h", "mi/hr": "mph", fl_oz_us: "fl oz", "mL/min·kg": "ml/kg/min" };

export function unit(name: string): string {
  return named(UNITS, name) ?? name;
}

/** Rates that are counted in breaths, steps or beats share the unit count/min. */
export function unitOf(metric: string, name: string): string {
  if (metric.endsWith("cadence") && name === "count/min") return "per min";
  return metric === "respiratory_rate" && name === "count/min" ? "breaths/min" : unit(name);
}

export function number(value: number | null | undefined, digits?: number): string {
  if (value === null || value === undefined) return "–";
  const size = Math.abs(value);
  const most = digits ?? (size >= 100 ? 0 : size >= 10 ? 1 : 2);
  return value.toLocaleString(undefined, { maximumFractionDigits: most });
}

/** 441 minutes are "7 h 21 min". */
export function minutes(value: number | null | undefined): string {
  if (value === null || value === undefined) return "–";
  const whole = Math.round(value);
  const hours = Math.floor(whole / 60);
  return [hours && `${hours} h`, (whole % 60 || !hours) && `${whole % 60} min`].filter(Boolean).join(" ");
}

export function bytes(value: number): string {
  const power = Math.min(Math.floor(Math.log10(Math.max(value, 1)) / 3), 4);
  return `${number(value / 1000 ** power, power ? 1 : 0)} ${["bytes", "kB", "MB", "GB", "TB"][power]}`;
}

/** "3 minutes ago" */
export function ago(at: string | number | Date, now = Date.now()): string {
  const seconds = (new Date(at).getTime() - now) / 1000;
  const words = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
  for (const [size, name] of [[86_400 * 365, "year"], [86_400 * 30, "month"], [86_400, "day"], [3600, "hour"], [60, "minute"]] as const) {
    if (Math.abs(seconds) >= size) return words.format(Math.round(seconds / size), name);
  }
  return Math.abs(seconds) < 10 ? "just now" : words.format(Math.round(seconds), "second");
}

type Style = Intl.DateTimeFormatOptions;
const written = (at: string | number | Date, style: Style): string => writer(style).format(new Date(at));

export const time = (at: string | number | Date): string => written(at, { hour: "2-digit", minute: "2-digit" });
export const dateTime = (at: string | number | Date): string => written(at, { dateStyle: "medium", timeStyle: "short" });

/** A local date such as 2026-01-02, which is of no zone. */
export const date = (day: string, style: Style = { dateStyle: "medium" }): string => written(`${day}T00:00:00Z`, { ...style, timeZone: "UTC" });

/** "1 sample", "2 samples" */
export const count = (many: number, noun: string, plural = `${noun}s`): string => `${number(many, 0)} ${many === 1 ? noun : plural}`;
