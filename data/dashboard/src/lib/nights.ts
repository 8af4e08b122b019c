// The arithmetic of nights. Clock times are minutes around the midnight with which a night's date begins, so that 23:30
// and 0:30 lie an hour apart; they are read off the text that the server wrote in the home zone, never from the browser's.

import { addDays, daysBetween } from "./days.ts";
import * as statistics from "./statistics.ts";

export type Stage = "awake" | "rem" | "core" | "deep" | "unspecified";

/** From the top of a hypnogram to its ground. */
export const STAGES: Stage[] = ["awake", "rem", "core", "deep", "unspecified"];

export interface Segment {
  stage: Exclude<Stage, "unspecified"> | "asleep";
  start: string;
  end: string;
}

export interface Night {
  date: string;
  start?: string;
  end?: string;
  in_bed_start?: string;
  in_bed_end?: string;
  asleep_minutes?: number;
  in_bed_minutes?: number;
  stages: Partial<Record<Stage, number>>;
  segments: Segment[];
  source?: string;
  summary: string;
}

/** What a night may be told by, beside its stages. */
export const FIGURES: Record<string, (night: Night) => number | undefined> = {
  asleep: (night) => night.asleep_minutes,
  inBed: (night) => night.in_bed_minutes,
  efficiency: ({ asleep_minutes: asleep, in_bed_minutes: inBed }) => asleep !== undefined && inBed && inBed >= asleep ? (100 * asleep) / inBed : undefined,
};

/** Statistics of nights that know of it; nothing of none. */
const ofSome = (reckon: (values: number[]) => number) => (values: number[]): number | undefined => (values.length ? reckon(values) : undefined);

export const median = ofSome(statistics.median);
export const mean = ofSome(statistics.mean);
export const spread = ofSome(statistics.spread);

export const usual = (values: (number | undefined)[]): statistics.Usual | undefined => statistics.usual(values.map((value) => value ?? null));

/** Minutes from the midnight that begins `date` to a local time such as 2026-01-01T23:04:00+01:00. */
export function clock(date: string, at: string): number {
  return daysBetween(date, at.slice(0, 10)) * 1440 + Number(at.slice(11, 13)) * 60 + Number(at.slice(14, 16));
}

/** -19.6 minutes are 23:40. */
export function clockText(minutes: number): string {
  const whole = ((Math.round(minutes) % 1440) + 1440) % 1440;
  return `${String(Math.floor(whole / 60)).padStart(2, "0")}:${String(whole % 60).padStart(2, "0")}`;
}

/** When something happened that a night may not know. */
const when = (night: Night, at?: string): number | undefined => (at ? clock(night.date, at) : undefined);
export const falling = (night: Night): number | undefined => when(night, night.start);
export const waking = (night: Night): number | undefined => when(night, night.end);

/** The Monday of a date's week. */
export function monday(date: string): string {
  return addDays(date, -((new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % 7));
}

/** The longest stretch of a night, and what else was slept on its date. */
export function parts({ start, end, segments }: Night): { main: Segment[]; naps: Segment[][] } {
  if (!start || !end) return { main: segments, naps: [] };
  const inside = (one: Segment) => Date.parse(one.end) > Date.parse(start) && Date.parse(one.start) < Date.parse(end);
  const naps: Segment[][] = [];
  for (const one of segments.filter((segment) => !inside(segment))) {
    const last = naps.at(-1)?.at(-1);
    if (last && Date.parse(one.start) - Date.parse(last.end) < 3_600_000) naps.at(-1)?.push(one);
    else naps.push([one]);
  }
  return { main: segments.filter(inside), naps };
}

/** A night, or the mean of a week's nights. */
export interface Slot {
  date: string;
  nights: number;
  stages: Partial<Record<Stage, number>>;
  asleep?: number;
  falling?: number;
  waking?: number;
  bed?: number;
  up?: number;
}

function slot(date: string, nights: Night[]): Slot {
  const average = (of: (night: Night) => number | undefined) => mean(nights.map(of).filter((value) => value !== undefined));
  // A stage that a night does not have counts as none of it, so that the stages together are the time asleep.
  const known = STAGES.filter((stage) => nights.some((night) => night.stages[stage] !== undefined));
  const stages = Object.fromEntries(known.map((stage) => [stage, average((night) => night.stages[stage] ?? 0)]));
  return {
    date, nights: nights.length, stages,
    asleep: average((night) => night.asleep_minutes),
    falling: average(falling),
    waking: average(waking),
    bed: average((night) => when(night, night.in_bed_start)),
    up: average((night) => when(night, night.in_bed_end)),
  };
}

export function slots(nights: Night[], weekly: boolean): Slot[] {
  const groups = new Map<string, Night[]>();
  for (const night of nights) {
    const key = weekly ? monday(night.date) : night.date;
    groups.set(key, [...(groups.get(key) ?? []), night]);
  }
  return [...groups].map(([date, some]) => slot(date, some));
}

/** How far apart nights are, in words that judge nothing. */
export function regularity(deviation: number): string {
  return deviation <= 15 ? "very regular" : deviation <= 30 ? "regular" : deviation <= 60 ? "somewhat irregular" : "irregular";
}
