import type { ScreenProps } from "../../app.tsx";

export function Sleep({ path }: ScreenProps) {
  return <h1>Sleep {path.join("/")}</h1>;
}
