// The heart: how far its rate ranges, with the resting and the walking rate over it, then what changes from night to night.

import { useMemo } from "preact/hooks";

import { number } from "../lib/format.ts";
import type { Line } from "../parts/chart.tsx";
import { MetricCard, wholeOf } from "../parts/metric-card.tsx";
import { useSeries } from "../parts/series.ts";
import type { View } from "../parts/spans.tsx";
import { Topic, type TopicMetric } from "../parts/topic.tsx";

const METRICS: TopicMetric[] = [
  ["resting_heart_rate", "level", { colour: "heart" }],
  ["heart_rate_variability", "level"],
  ["vo2_max", "trend"],
  ["blood_oxygen_saturation", "level", { colour: "third" }],
  ["respiratory_rate", "level", { colour: "good" }],
];

const WHOLE = wholeOf("level");

const bpm = (value: number) => `${number(value)} bpm`;

function HeartRate({ view, stored }: { view: View; stored: Set<string> }) {
  // Asked as the cards ask, so that it is asked once. Both are known once a day, so within a day there is nothing to lay over.
  const overlaid = (name: string) => (stored.has(name) && view.span !== "D" && view.span !== "W" ? name : undefined);
  const rate = useSeries("heart_rate", view, { stats: ["avg", "min", "max"], whole: WHOLE });
  const resting = useSeries(overlaid("resting_heart_rate"), view, { stats: ["avg"], whole: WHOLE });
  const walking = useSeries(overlaid("walking_heart_rate_average"), view, { stats: ["avg"] });
  const overlays = useMemo(() => {
    const x = rate.data?.x ?? [];
    const onto = (label: string, colour: string, data = resting.data): Line[] => {
      if (!data) return [];
      const by = new Map(data.x.map((at, index) => [at, data.columns.avg?.[index] ?? null]));
      return [{ label, colour, values: x.map((at) => by.get(at) ?? null), write: bpm }];
    };
    return [...onto("Resting", "third", resting.data), ...onto("Walking", "second", walking.data)];
  }, [rate.data, resting.data, walking.data]);
  return <MetricCard metric="heart_rate" kind="range" view={view} colour="heart" wide overlays={overlays} />;
}

export function Heart() {
  return (
    <Topic
      title="Heart"
      metrics={METRICS}
      lead={(view, stored) => stored.has("heart_rate") && <HeartRate view={view} stored={stored} />}
    />
  );
}
