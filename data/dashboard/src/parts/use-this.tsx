// The way out of every chart: its very question for other tools, and its values as a file.

import { useState } from "preact/hooks";

import { address, type Params } from "../lib/api.ts";
import { Snippet } from "./copy.tsx";
import { Dialog } from "./dialog.tsx";

/** What a chart has asked: `/api/v1/aggregate/step_count` and its parameters. */
export interface Asked {
  path: string;
  params: Params;
}

/** Under which name an answer has its rows, and the value in each that a sensor would show. */
const ROWS: Record<string, [rows: string, value: string]> = {
  data: ["samples", "value"],
  sleep: ["nights", "asleep_minutes"],
  workouts: ["workouts", "duration_seconds"],
  events: ["events", "value"],
};

const rowsOf = ({ path, params }: Asked): [rows: string, value: string] =>
  ROWS[path.split("/")[3] ?? ""] ?? ["points", String(params.stat ?? "sum").split(",")[0] ?? "sum"];

const TOOLS: Record<string, (url: string, asked: Asked) => string> = {
  curl: (url) => `curl -H "Authorization: Bearer $KEY" '${url}'`,
  Python: (url) => `import os, requests, pandas as pd

answer = requests.get("${url}", headers={"Authorization": f"Bearer {os.environ['KEY']}"})
answer.raise_for_status()
rows = next(value for value in answer.json().values() if isinstance(value, list))
frame = pd.DataFrame(rows)`,
  DuckDB: (_, asked) => `CREATE SECRET (TYPE http, BEARER_TOKEN getenv('KEY'));
FROM read_parquet('${absolute(file(asked, "parquet") ?? "")}');`,
  R: (url) => `answer <- httr2::request("${url}") |>
  httr2::req_auth_bearer_token(Sys.getenv("KEY")) |>
  httr2::req_perform() |>
  httr2::resp_body_json(simplifyVector = TRUE)`,
  Grafana: (url, asked) => `Data source: Infinity, with the header Authorization = Bearer KEY
Type: JSON, Parser: Backend, Rows: ${rowsOf(asked)[0]}
URL: ${url.replace(/start=[^&]*/, "start=${__from}").replace(/end=[^&]*/, "end=${__to}")}`,
  "Home Assistant": (url, asked) => `sensor:
  - platform: rest
    name: ${String(asked.path.split("/").at(-1))}
    resource: "${url}"
    headers:
      Authorization: "Bearer KEY"
    value_template: "{{ (value_json.${rowsOf(asked)[0]} | last)['${rowsOf(asked)[1]}'] }}"
    scan_interval: 900`,
};

const absolute = (path: string): string => location.origin + path;

/** The address of the same question as a file: an aggregate, a metric's samples, nights, workouts or events; none for a part of one workout. */
export function file({ path, params }: Asked, format: "csv" | "parquet"): string | undefined {
  const [, , , kind = "", name, part] = path.split("/");
  if (part) return undefined;
  const { shape: _, fill: __, max_points: ___, limit: ____, order: _____, segments: ______, ...rest } = params;
  const named: Params = kind === "aggregate" || kind === "data" ? { metric: name } : kind === "events" ? { kind: name } : {};
  return address(`/api/v1/export/${kind === "data" ? "samples" : kind}`, { ...named, ...rest, format });
}

/** Buttons for the header of a card. `png` draws what is on show. */
export function UseThis({ asked, png }: { asked: Asked; png?: () => void }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <button class="quiet" onClick={() => setOpen(true)}>Use this in…</button>
      {open && <Ways asked={asked} png={png} close={() => setOpen(false)} />}
    </>
  );
}

function Ways({ asked, png, close }: { asked: Asked; png?: () => void; close: () => void }) {
  const [tool, setTool] = useState("curl");
  const { shape: _, ...params } = asked.params;
  const url = absolute(address(asked.path, params));
  return (
    <Dialog title="Use this in…" close={close}>
      <p>
        {file(asked, "csv") && <><a class="button" href={file(asked, "csv")} download>CSV</a> <a class="button" href={file(asked, "parquet")} download>Parquet</a></>}{" "}
        {png && <button onClick={png}>PNG</button>}
      </p>
      <p class="muted">Other tools need a key with the scope read (for files: export). Settings makes one. They read it from the variable KEY.</p>
      <div class="segments" role="group" aria-label="Tool">
        {Object.keys(TOOLS).filter((name) => name !== "DuckDB" || file(asked, "parquet")).map((name) => <button key={name} aria-pressed={name === tool} onClick={() => setTool(name)}>{name}</button>)}
      </div>
      <Snippet text={TOOLS[tool]?.(url, asked) ?? ""} />
    </Dialog>
  );
}
