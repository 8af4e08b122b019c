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

export const formatName = (format: string): string => title(format.replaceAll("-", "_"));

export const sender = ({ automation_name: name, file, format }: Delivery): string => name ?? file ?? formatName(format);

const OUTCOMES: [outcome: keyof Counts, words: string][] = [["stored", "new"], ["updated", "replaced"], ["unchanged", "known already"], ["quarantined", "not understood"]];

/** "44 received: 40 new, 4 known already" */
export function verdict(receipt: Counts & { refused?: boolean }): string {
  if (receipt.refused) return "Refused: it was not understood";
  const told = OUTCOMES.filter(([outcome]) => receipt[outcome]).map(([outcome, words]) => `${number(receipt[outcome], 0)} ${words}`);
  return `${number(receipt.received, 0)} received${told.length ? `: ${told.join(", ")}` : ""}`;
}

/** Of a metric, or of a kind of event. */
export const nameOf = kindTitle;

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
