import type { ScreenProps } from "../../app.tsx";

export function Settings({ path }: ScreenProps) {
  return <h1>Settings {path.join("/")}</h1>;
}
