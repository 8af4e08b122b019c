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
        Everything on this page is asked of an interface that your own programs can use as well: <a href="/openapi.json">its description</a>{" "}
        (OpenAPI).
      </p>
      <p>
        Nothing is sent anywhere: no telemetry, no fonts or maps from elsewhere, no look for updates. This page talks to your server and to
        nobody else.
      </p>
      <details>
        <summary>Libraries on this page</summary>
        <ul>{LIBRARIES.map(([name, right]) => <li key={name}>{name}, MIT licence. {right}</li>)}</ul>
      </details>
    </Card>
  );
}
