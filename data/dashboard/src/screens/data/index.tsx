import type { ScreenProps } from "../../app.tsx";

export function DataHealth({ path }: ScreenProps) {
  return <h1>DataHealth {path.join("/")}</h1>;
}
