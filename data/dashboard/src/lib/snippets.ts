// What a chart has asked, as it is asked elsewhere. A range that reaches to today moves on with the days; lists come to their
// end; and every text here is run as it is by tests/consumers.

import { address, type Params } from "./api.ts";
import { daysBetween } from "./days.ts";

/** What a chart has asked: `/api/v1/aggregate/step_count` and its parameters. */
export interface Asked {
  path: string;
  params: Params;
  /** Of the values, where it is known. */
  unit?: string;
}

/** Where the server is, and the date there. */
export interface Place {
  origin: string;
  today: string;
}

const DATE = /^\d{4}-\d\d-\d\d$/;

const kindOf = ({ path }: Asked): string => path.split("/")[3] ?? "";
const nameOf = ({ path }: Asked): string => path.split("/")[4] ?? kindOf({ path, params: {} });

/** Under which name an answer has its rows. */
const ROWS: Record<string, string> = { data: "samples", sleep: "nights", workouts: "workouts", events: "events" };
const rowsOf = (asked: Asked): string => (asked.path.endsWith("/series") ? "series" : (ROWS[kindOf(asked)] ?? "points"));

const LISTS: Record<string, true> = { samples: true, nights: true, workouts: true, events: true };

const statOf = ({ params }: Asked): string => String(params.stat ?? "sum").split(",")[0] ?? "sum";

/** Without what is for drawing alone: a bucket without a value is left out and never "None". */
const plain = ({ shape: _, fill: __, max_points: ___, ...params }: Params): Params => params;

/** A range of dates that reaches to today, told from today on. One of the past stays as it is. */
export function moving({ start, end, ...rest }: Params, today: string): Params {
  const runs = end === undefined || (DATE.test(String(end)) && String(end) > today);
  const told = typeof start === "string" && DATE.test(start) && start <= today;
  if (!runs || (start !== undefined && !told)) return { start, end, ...rest };
  return { ...(told && { start: start === today ? "today" : `-${daysBetween(start, today)}d` }), ...rest };
}

const url = (asked: Asked, { origin, today }: Place): string => origin + address(asked.path, moving(plain(asked.params), today));

/** The address of the same question as a file: an aggregate, a metric's samples, nights, workouts or events; none for a part of one workout. */
export function file({ path, params }: Asked, format: "csv" | "parquet"): string | undefined {
  const [, , , kind = "", name, part] = path.split("/");
  if (part) return undefined;
  const { limit: ____, order: _____, segments: ______, ...rest } = plain(params);
  const named: Params = kind === "aggregate" || kind === "data" ? { metric: name } : kind === "events" ? { kind: name } : {};
  return address(`/api/v1/export/${kind === "data" ? "samples" : kind}`, { ...named, ...rest, format });
}

/** One page of a list is that of the newest. */
const newestFirst = (asked: Asked): Params => (rowsOf(asked) in LISTS ? { order: "desc" } : {});

const curl = (asked: Asked, place: Place): string => `curl -H "Authorization: Bearer $KEY" '${url({ ...asked, params: { ...asked.params, ...newestFirst(asked) } }, place)}'`;

const python = (asked: Asked, place: Place): string => `import os, requests, pandas as pd

url = "${url(asked, place)}"
rows, cursor = [], None
while True:
    answer = requests.get(url, params={"cursor": cursor}, headers={"Authorization": f"Bearer {os.environ['KEY']}"})
    answer.raise_for_status()
    page = answer.json()
    rows += page["${rowsOf(asked)}"]
    cursor = page.get("next_cursor")
    if cursor is None:
        break
frame = pd.DataFrame(rows)`;

const r = (asked: Asked, place: Place): string => `pages <- list()
cursor <- NULL
repeat {
  page <- httr2::request("${url(asked, place)}") |>
    httr2::req_url_query(cursor = cursor) |>
    httr2::req_auth_bearer_token(Sys.getenv("KEY")) |>
    httr2::req_perform() |>
    httr2::resp_body_json(simplifyVector = TRUE)
  pages <- c(pages, list(as.data.frame(page$${rowsOf(asked)})))
  cursor <- page$next_cursor
  if (is.null(cursor)) break
}
frame <- jsonlite::rbind_pages(pages)`;

/** The scope keeps the key from every other address that is read in the same session. */
const duckdb = (asked: Asked, { origin, today }: Place): string => `SET VARIABLE key = 'KEY';
CREATE OR REPLACE SECRET health (TYPE http, BEARER_TOKEN getvariable('key'), SCOPE '${origin}/');
FROM read_parquet('${origin}${file({ ...asked, params: moving(asked.params, today) }, "parquet") ?? ""}');`;

/** Whole days from the first of the panel on; an end would be excluded, and the day in which the panel ends with it. */
const grafana = (asked: Asked, { origin }: Place): string => {
  const { start: _, end: __, ...rest } = plain(asked.params);
  const query = address(asked.path, { ...rest, ...newestFirst(asked) });
  return `Data source: Infinity, with the header Authorization = Bearer KEY
Type: JSON, Parser: Backend, Rows: ${rowsOf(asked)}
URL: ${origin}${query}${query.includes("?") ? "&" : "?"}start=\${__from:date:YYYY-MM-DD}`;
};

interface Sensor {
  /** The newest of it, whatever the chart shows. */
  params: Params;
  value: string;
  unit?: string;
  /** A total of today, which begins anew each midnight. */
  total?: boolean;
}

function sensor(asked: Asked): Sensor {
  const { type, source, units } = asked.params;
  const newest = { order: "desc", limit: 1, type, source, units };
  const first = (value: string) => `{{ (value_json.${rowsOf(asked)} | first)${value} }}`;
  const stat = statOf(asked);
  switch (kindOf(asked)) {
    case "data":
      return { params: newest, value: first("['value'] | round(1)"), unit: asked.unit };
    case "sleep":
      return { params: { ...newest, segments: false }, value: first("['asleep_minutes'] | round(0) | int"), unit: "min" };
    case "workouts":
      return { params: newest, value: `{{ ((value_json.workouts | first)['duration_seconds'] / 60) | round(0) | int }}`, unit: "min" };
    case "events":
      return { params: newest, value: `{% set event = value_json.events | first %}{{ event['value'] | default(event['name']) }}` };
  }
  const question = { bucket: "day", stat, source, units };
  if (stat === "sum" || stat === "count") {
    // Nothing yet today is 0.
    return { params: { ...question, start: "today" }, value: `{{ (value_json.points | last | default({'${stat}': 0}))['${stat}'] | round(0) | int }}`, unit: asked.unit, total: true };
  }
  return { params: { ...question, start: "-30d" }, value: `{{ (value_json.points | last)['${stat}'] | round(1) }}`, unit: asked.unit };
}

/** A part of one workout is of the past, so the sensor is of the newest one. */
const homeAssistant = (whole: Asked, { origin }: Place): string => {
  const asked = kindOf(whole) === "workouts" ? { ...whole, path: "/api/v1/workouts", params: { type: whole.params.type } } : whole;
  const { params, value, unit, total } = sensor(asked);
  const name = nameOf(asked);
  const of = unit === undefined ? "" : `\n        unit_of_measurement: "${unit}"`;
  const words = kindOf(asked) === "events";
  const rest = `rest:
  - resource: "${origin}${address(asked.path, params)}"
    headers:
      Authorization: !secret health_export # in secrets.yaml: health_export: "Bearer KEY"
    scan_interval: 900
    sensor:
      - name: "health_${name}"
        unique_id: "health_export_${name}"
        value_template: "${value}"
        availability: "{{ value_json.${rowsOf(asked)} | ${total ? "default(none) is not none" : "length > 0"} }}"${of}`;
  if (!total) return `${rest}${words ? "" : "\n        state_class: measurement"}`;
  return `${rest}
template:
  - sensor:
      - name: "health_${name}_today"
        unique_id: "health_export_${name}_today"
        state: "{{ states('sensor.health_${name}') }}"
        availability: "{{ has_value('sensor.health_${name}') }}"${of}
        state_class: total
        last_reset: "{{ today_at('00:00') }}"`;
};

/** A snippet by the tool's name. */
export const TOOLS: Record<string, (asked: Asked, place: Place) => string> = {
  curl,
  Python: python,
  DuckDB: duckdb,
  R: r,
  Grafana: grafana,
  "Home Assistant": homeAssistant,
};
