import type { ScreenProps } from "../../app.tsx";

export function Workouts({ path }: ScreenProps) {
  return <h1>Workouts {path.join("/")}</h1>;
}
