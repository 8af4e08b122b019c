import type { ScreenProps } from "../../app.tsx";
import { List } from "./list.tsx";
import { One } from "./one.tsx";

export function Workouts({ path: [id] }: ScreenProps) {
  return id ? <One id={id} key={id} /> : <List />;
}
