import { number } from "../lib/format.ts";
import { slope } from "../lib/trends.ts";
import type { Series } from "../parts/series.ts";
import { Topic, type TopicMetric } from "../parts/topic.tsx";

/** How fast a weight has changed of late. */
function pace({ columns, unit, bucket }: Series): string {
  const perDay = bucket === "day" ? slope(columns.avg ?? [], 28) : undefined;
  if (perDay === undefined) return "";
  const perWeek = perDay * 7;
  return Math.abs(perWeek) < 0.05 ? "Steady over the last four weeks." : `${perWeek > 0 ? "Up" : "Down"} by ${number(Math.abs(perWeek), 2)} ${unit} a week over the last four weeks.`;
}

const METRICS: TopicMetric[] = [
  ["weight_body_mass", "trend", { remark: pace }],
  ["body_fat_percentage", "trend"],
  ["lean_body_mass", "trend"],
  ["blood_pressure_systolic", "trend", { colour: "heart" }],
  ["blood_pressure_diastolic", "trend", { colour: "heart" }],
  ["apple_sleeping_wrist_temperature", "level", { colour: "second" }],
  ["body_mass_index", "trend"],
  ["body_temperature", "trend", { colour: "second" }],
  ["blood_glucose", "range"],
];

export function Body() {
  return <Topic title="Body" metrics={METRICS} />;
}
