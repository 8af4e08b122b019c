import type { ScreenProps } from "../../app.tsx";

export function Metric({ path }: ScreenProps) {
  return <h1>Metric {path.join("/")}</h1>;
}
