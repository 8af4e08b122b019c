// How deliveries, sources and the server's own sentences are put for people.

import { date, number, title } from "../../lib/format.ts";
import { kindTitle } from "../events/kinds.ts";

export interface Counts {
  received: number;
  stored: number;
  updated: number;
  unchanged: number;
  quarantined: number;
}

interface ItemProblem {
  path: string;
  reason: string;
}

export interface Receipt extends Counts {
  delivery: string;
  by_metric: Record<string, Counts>;
  /** Items of kinds that nobody knows yet. */
  deferred?: Record<string, number>;
  problems: ItemProblem[];
  notes?: ItemProblem[];
  summary?: string;
  replayed_at?: string;
}

export interface Delivery extends Receipt {
  received_at: string;
  format: string;
  refused: boolean;
  automation_name?: string;
  automation_id?: string;
  automation_aggregation?: string;
  automation_period?: string;
  file?: string;
  content_type?: string;
  bytes: number;
}

const FORMATS: Record<string, string> = { "health-auto-export": "Health Auto Export", shortcuts: "Shortcuts", "apple-health-export": "Apple's export" };

export const formatName = (format: string): string => FORMATS[format] ?? title(format.replaceAll("-", " "));

export const sender = ({ automation_name: name, file, format }: Delivery): string => name ?? file ?? formatName(format);

const OUTCOMES: [outcome: keyof Counts, words: string][] = [["stored", "new"], ["updated", "replaced"], ["unchanged", "known already"], ["quarantined", "not understood"]];

/** "44 received: 40 new, 4 known already" */
export function verdict(receipt: Counts & { deferred?: Record<string, number>; refused?: boolean }): string {
  const later = Object.values(receipt.deferred ?? {}).reduce((sum, items) => sum + items, 0);
  if (receipt.refused) return "Refused: the body was not understood. It is kept.";
  const told = OUTCOMES.filter(([outcome]) => receipt[outcome]).map(([outcome, words]) => `${number(receipt[outcome], 0)} ${words}`);
  const items = receipt.received ? `${number(receipt.received, 0)} received: ${told.join(", ")}` : later ? "" : "Nothing new was sent";
  return [items, later && `${number(later, 0)} of kinds that are not known yet`].filter(Boolean).join("; ");
}

const KINDS = new Set(["symptoms", "state_of_mind", "medications", "cycle", "ecg", "heart_notifications", "heartbeat_series", "audiograms", "vision_prescriptions", "activity_summaries", "other"]);

export const nameOf = (name: string): string => (KINDS.has(name) ? kindTitle(name) : title(name));

/** A sentence of the server's, with the names of metrics and the dates as they stand everywhere else on the page. */
export function plain(sentence: string): string {
  const words = sentence.replace(/\b[a-z0-9]+(?:_[a-z0-9]+)+\b/g, nameOf).replace(/\b\d{4}-\d\d-\d\d\b/g, (day) => date(day));
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** 1440 minutes are "every day". */
export function every(minutes: number): string {
  const [size, noun] = minutes >= 1380 ? [1440, "day"] : minutes >= 55 ? [60, "hour"] : [1, "minute"];
  const many = Math.max(1, Math.round(minutes / (size as number)));
  return many === 1 ? `every ${noun}` : `every ${many} ${noun}s`;
}

export const sourceName = (name?: string): string => name || "No name";

/** The first of a list, and how many more there are. */
export const few = (names: string[], most = 3): string =>
  names.length > most + 1 ? `${names.slice(0, most).join(", ")} and ${names.length - most} more` : names.join(", ");
