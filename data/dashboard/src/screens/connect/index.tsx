import type { ScreenProps } from "../../app.tsx";

export function Connect({ path }: ScreenProps) {
  return <h1>Connect {path.join("/")}</h1>;
}
