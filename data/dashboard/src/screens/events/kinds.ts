// The kinds of events and how they are read: which have a lane at first, and what their codes are called.

import { type Params, ask } from "../../lib/api.ts";
import { named, title } from "../../lib/format.ts";
import type { Asked } from "../../parts/use-this.tsx";

export interface Kind {
  kind: string;
  count: number;
  first: string;
  last: string;
}

export interface Event {
  id: string;
  kind: string;
  start: string;
  end: string;
  code: string;
  name: string;
  value?: string;
  value_sent?: string;
  source?: string;
  details?: Record<string, unknown>;
  has_series: boolean;
}

/** In the order of their lanes. Other kinds are many and say little over time, so they are shown when asked for. */
export const LANES = ["symptoms", "state_of_mind", "medications", "cycle", "heart_notifications", "ecg"];

const TITLES: Record<string, string> = { ecg: "ECG", cycle: "Cycle", heart_notifications: "Heart notifications", other: "Other events" };

export const kindTitle = (kind: string): string => named(TITLES, kind) ?? title(kind);

/** People's own words where there are any; Apple's identifiers are no words. */
export const eventTitle = ({ name, code }: Event): string => (!name || name.startsWith("HK") ? title(code) : title(name));

export const valueTitle = ({ value, value_sent: sent }: Event): string => (value ? title(value) : sent && !sent.startsWith("HK") ? sent : "");

/** The most that are asked for of a kind. */
const MOST = 5000;

export const question = (kind: string, start?: string, end?: string): Asked => ({
  path: `/api/v1/events/${kind}`,
  params: { start, end, order: "desc", limit: MOST } satisfies Params,
});

export interface Loaded {
  /** Newest first. */
  events: Event[];
  /** Kinds of which there are more than were asked for. */
  more: string[];
}

export async function load(kinds: string[], start: string | undefined, end: string | undefined, stop: AbortSignal): Promise<Loaded> {
  const answers = await Promise.all(kinds.map(async (kind) => {
    const { path, params } = question(kind, start, end);
    return { kind, ...(await ask<{ events: Omit<Event, "kind">[]; next_cursor?: string }>(path, params, stop)) };
  }));
  const events = answers.flatMap(({ kind, events }) => events.map((event) => ({ ...event, kind })));
  return { events: events.sort((a, b) => Date.parse(b.start) - Date.parse(a.start)), more: answers.filter((answer) => answer.next_cursor).map(({ kind }) => kind) };
}
