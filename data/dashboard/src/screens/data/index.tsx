// What has come, what has not, and how to put it right.

import type { ComponentType } from "preact";

import type { ScreenProps } from "../../app.tsx";
import { href } from "../../lib/router.ts";
import { Deleted } from "./deleted.tsx";
import { Deletions } from "./deletions.tsx";
import { Deliveries } from "./deliveries.tsx";
import { Import } from "./import.tsx";
import { Overview } from "./overview.tsx";
import { Quarantine } from "./quarantine.tsx";
import { Sources } from "./sources.tsx";

/** By the second part of the address. */
const PARTS: Record<string, [title: string, view: ComponentType<ScreenProps>]> = {
  "": ["Overview", Overview],
  sources: ["Sources", Sources],
  deliveries: ["Deliveries", Deliveries],
  quarantine: ["Quarantine", Quarantine],
  import: ["Import", Import],
  deletions: ["Deletions", Deletions],
};

export function DataHealth({ path: [name = "", ...path] }: ScreenProps) {
  const View = PARTS[name]?.[1];
  return (
    <>
      <h1>Data health</h1>
      <nav class="parts" aria-label="Data health">
        <ul>
          {Object.entries(PARTS).map(([part, [title]]) => (
            <li key={part}><a href={part ? href("data", part) : href("data")} aria-current={part === name ? "page" : undefined}>{title}</a></li>
          ))}
        </ul>
      </nav>
      <Deleted />
      {View ? <View path={path} key={name} /> : <p>There is no such page. <a href={href("data")}>Data health</a></p>}
    </>
  );
}
