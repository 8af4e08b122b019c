// The screen of a topic: the stretch of time, and a card for each of its metrics that is stored.

import type { ComponentChildren } from "preact";

import { useAnswer } from "../lib/api.ts";
import { href } from "../lib/router.ts";
import { type Kind, MetricCard, type MetricCardProps } from "./metric-card.tsx";
import { Spans, useView, type View } from "./spans.tsx";
import { Shown } from "./state.tsx";

/** What the catalogue says of a metric; see `GET /api/v1/metrics`. */
export interface Stored {
  name: string;
  unit: string;
  kind: string;
  count: number;
  first: string;
  last: string;
}

export type TopicMetric = [metric: string, kind: Kind, more?: Partial<MetricCardProps>];

/** Cards beyond these would ask for more than a phone on a slow network should wait for. */
const MOST = 7;

export function Topic({ title, metrics, lead, without = [] }: {
  title: string;
  metrics: TopicMetric[];
  /** What stands before the cards. */
  lead?: (view: View, stored: Set<string>) => ComponentChildren;
  /** What `lead` shows already. */
  without?: string[];
}) {
  const view = useView("M");
  const answer = useAnswer<{ metrics: Stored[] }>("/api/v1/metrics");
  return (
    <>
      <h1>{title}</h1>
      <Spans view={view} />
      <Shown answer={answer} isEmpty={({ metrics: stored }) => stored.length === 0} empty={<>Nothing has been sent yet. <a href={href("connect")}>Connect a phone</a></>}>
        {({ metrics: rows }) => {
          const stored = new Set(rows.map((row) => row.name));
          const shown = metrics.filter(([name]) => stored.has(name) && !without.includes(name)).slice(0, MOST);
          return (
            <div class="grid">
              {lead?.(view, stored)}
              {shown.map(([metric, kind, more], at) => <MetricCard key={metric} metric={metric} kind={kind} view={view} wide={at === 0 && !lead} {...more} />)}
              {!lead && shown.length === 0 && <p class="empty">None of this has been sent yet. See <a href={href("metric")}>all metrics</a>.</p>}
            </div>
          );
        }}
      </Shown>
    </>
  );
}
