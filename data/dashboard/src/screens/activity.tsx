import { Topic, type TopicMetric } from "../parts/topic.tsx";

const METRICS: TopicMetric[] = [
  ["step_count", "total"],
  ["active_energy", "total", { colour: "second" }],
  ["apple_exercise_time", "total", { colour: "good" }],
  ["apple_stand_hour", "total", { colour: "third" }],
  ["walking_running_distance", "total"],
  ["flights_climbed", "total", { colour: "third" }],
  ["time_in_daylight", "total", { colour: "second" }],
  ["basal_energy_burned", "total", { colour: "second" }],
];

export function Activity() {
  return <Topic title="Activity" metrics={METRICS} />;
}
