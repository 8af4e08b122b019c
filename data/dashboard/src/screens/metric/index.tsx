import type { ScreenProps } from "../../app.tsx";
import { Explorer } from "./explorer.tsx";
import { MetricList } from "./list.tsx";

export function Metric({ path: [name] }: ScreenProps) {
  return name ? <Explorer key={name} name={name} /> : <MetricList />;
}
