// What has measured, and the orders in which it is believed.

import { type Params, useAnswer } from "./api.ts";
import { title } from "./format.ts";

export interface SourceEntry {
  name: string;
  kind: string;
  device?: string;
  rank: number;
  ordered: boolean;
  metrics: string[];
  samples: number;
  first: string;
  last: string;
}

/** An order of sources that was set; with neither a metric nor a category it is about everything. */
export interface SetOrder {
  metric?: string;
  category?: string;
  order: string[];
}

/** What an order of sources can be about at once. */
export const CATEGORIES: Record<string, string> = {
  activity: "Activity", sleep: "Sleep", workouts: "Workouts", heart: "Heart and blood pressure", body: "Body", breathing: "Breathing", temperature: "Temperature", mobility: "Mobility", hearing: "Hearing", glucose: "Glucose and insulin", food: "Food and drink", other: "Everything else",
};

export const orderName = ({ metric, category }: { metric?: string; category?: string }): string =>
  metric ? title(metric) : category ? CATEGORIES[category] ?? title(category) : "Everything";

export const useSources = (about: Params = {}) => useAnswer<{ sources: SourceEntry[]; orders: SetOrder[] }>("/api/v1/sources", about);

export const sourceName = (name?: string): string => name || "No name";
