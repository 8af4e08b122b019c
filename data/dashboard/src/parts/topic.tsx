// The screen of a topic: the stretch of time, and a card for each of its metrics that is stored.

import { type ComponentChildren, Fragment } from "preact";

import { useMetrics } from "../lib/metrics.ts";
import { href } from "../lib/router.ts";
import { type Kind, MetricCard, type MetricCardProps } from "./metric-card.tsx";
import { Near } from "./near.tsx";
import { Spans, useView, type View } from "./spans.tsx";
import { Shown } from "./state.tsx";

export type TopicMetric = [metric: string, kind: Kind, more?: Partial<MetricCardProps>];

/** How many cards are asked for at once; after the page itself a phone should not wait for more. Those below follow as they come near. */
const AT_ONCE = 5;
/** How many of them a lead stands for. */
const LEAD = 3;

export function Topic({ title, metrics, lead }: {
  title: string;
  metrics: TopicMetric[];
  /** What stands before the cards. */
  lead?: (view: View, stored: Set<string>) => ComponentChildren;
}) {
  const view = useView("M");
  const answer = useMetrics();
  return (
    <>
      <h1>{title}</h1>
      <Spans view={view} />
      <Shown answer={answer} isEmpty={({ metrics: stored }) => stored.length === 0} empty={<>Nothing has been sent yet. <a href={href("connect")}>Connect a phone</a></>}>
        {({ metrics: rows }) => {
          const stored = new Set(rows.map((row) => row.name));
          const shown = metrics.filter(([name]) => stored.has(name));
          const atOnce = lead ? AT_ONCE - LEAD : AT_ONCE;
          return (
            <div class="grid topic">
              {lead?.(view, stored)}
              {shown.map(([metric, kind, more], at) => {
                const card = <MetricCard metric={metric} kind={kind} view={view} wide={at === 0 && !lead} {...more} />;
                return at < atOnce ? <Fragment key={metric}>{card}</Fragment> : <Near key={metric}>{card}</Near>;
              })}
              {!lead && shown.length === 0 && <p class="empty">None of this has been sent yet. See <a href={href("metric")}>all metrics</a>.</p>}
            </div>
          );
        }}
      </Shown>
    </>
  );
}
