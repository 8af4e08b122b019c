// How deliveries, sources and the server's own sentences are put for people.

import { count, date, number, title } from "../../lib/format.ts";
import { kindTitle } from "../events/kinds.ts";

export interface Counts {
  received: number;
  stored: number;
  updated: number;
  unchanged: number;
  quarantined: number;
  /** Earlier values that count no more because of it. */
  superseded?: number;
}

interface ItemProblem {
  path: string;
  reason: string;
}

export interface Receipt extends Counts {
  delivery: string;
  by_metric: Record<string, Counts>;
  /** How many of `unchanged` are deleted here, and stay so. */
  kept_out?: number;
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

export const formatName = (format: string): string => format.split("-").map(title).join(" ");

export const sender = ({ automation_name: name, file, format }: Delivery): string => name ?? file ?? formatName(format);

/** "44 received: 40 new, 4 known already; 2 earlier values count no more" */
export function verdict(receipt: Counts & { refused?: boolean; kept_out?: number }): string {
  const { received, stored, updated, unchanged, quarantined, superseded = 0, kept_out: out = 0 } = receipt;
  if (receipt.refused) return "Refused: it was not understood";
  const outcomes: [number, string][] = [[stored, "new"], [updated, "replaced"], [unchanged - out, "known already"], [out, "deleted here, and kept out"], [quarantined, "not understood"]];
  const told = outcomes.filter(([items]) => items).map(([items, words]) => `${number(items, 0)} ${words}`);
  const gone = superseded ? `; ${count(superseded, "earlier value counts", "earlier values count")} no more` : "";
  return `${number(received, 0)} received${told.length ? `: ${told.join(", ")}` : ""}${gone}`;
}

/** Of one metric, whose receipt does not say how many of `unchanged` are kept out. */
export const verdictOf = (counts: Counts, { kept_out: out }: Receipt): string =>
  out ? verdict(counts).replace("known already", "known already or deleted here") : verdict(counts);

/** Of a metric, or of a kind of event. */
export const nameOf = kindTitle;

/** A sentence of the server's, with the names of metrics and the dates as they stand everywhere else; what is in quotation marks is somebody's own. */
export function plain(sentence: string): string {
  const words = sentence.replace(/"[^"]*"|\b\d{4}-\d\d-\d\d\b|\b[a-z0-9]+(?:_[a-z0-9]+)+\b/g, (word) => {
    if (word.startsWith('"') || !word.includes("_") && Number.isNaN(Date.parse(word))) return word;
    return word.includes("_") ? nameOf(word) : date(word);
  });
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A reason without what differs from item to item. */
export const inGeneral = (reason: string): string => reason.replace(/"[^"]*"/g, "…").replace(/(^| )-?[\d.]+ /, "$1… ");

/** 1440 minutes are "every day". */
export function every(minutes: number): string {
  const [size, noun] = minutes >= 1380 ? [1440, "day"] : minutes >= 55 ? [60, "hour"] : [1, "minute"];
  const many = Math.max(1, Math.round(minutes / (size as number)));
  return many === 1 ? `every ${noun}` : `every ${many} ${noun}s`;
}
