import { session } from "../../lib/session.ts";
import { Card } from "../../parts/card.tsx";

/** What this page is made of. All three have the MIT licence. */
const LIBRARIES = [
  ["Preact", "Copyright (c) 2015-present Jason Miller"],
  ["@preact/signals", "Copyright (c) 2022-present Preact Team"],
  ["uPlot", "Copyright (c) 2022 Leon Sorokin"],
] as const;

export function About({ title }: { title: string }) {
  return (
    <Card title={title}>
      <p>health-export {session.value?.version}</p>
      <p>
        Your own programs can ask everything that this page asks: <a href="/openapi.json">description of the API</a> (OpenAPI).
      </p>
      <p>
        No telemetry: this page talks to your server and to nobody else.
      </p>
      <details>
        <summary>Libraries on this page</summary>
        <ul>{LIBRARIES.map(([name, right]) => <li key={name}>{name}, MIT licence. {right}</li>)}</ul>
      </details>
    </Card>
  );
}
