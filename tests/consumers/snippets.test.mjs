// Holds off a snippet of "Use this in…" that does not run as it stands, stops at a page, shows yesterday's range for ever, or hands the
// key to somebody else.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createServer } from "node:http";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { load } from "../page/load.mjs";
import { everything, finds, HERE, npm, output, python, world } from "./world.mjs";

const { TOOLS, moving } = await load("lib/snippets.ts");
const long = { timeout: 1_200_000 };

let server, place;
const day = (days) => new Date(Date.now() + 3_600_000 - days * 86_400_000).toISOString().slice(0, 10);

/** As the page asks: everything of the last days until tomorrow, which is excluded. */
const ASKED = {
  steps: { path: "/api/v1/aggregate/step_count", params: { start: day(6), end: day(-1), bucket: "day", stat: "sum", fill: "null", shape: "columns" }, unit: "count" },
  heart: { path: "/api/v1/aggregate/heart_rate", params: { start: day(30), end: day(-1), bucket: "day", stat: "avg,min,max" }, unit: "count/min" },
  samples: { path: "/api/v1/data/heart_rate", params: { start: day(2), end: day(-1) }, unit: "count/min" },
  nights: { path: "/api/v1/sleep", params: { start: day(30), end: day(-1), segments: false, limit: 10 } },
  workouts: { path: "/api/v1/workouts", params: { type: "rowing", limit: 1000 } },
  workout: { path: "/api/v1/workouts", params: { start: "2026-01-01T10:00:00Z", end: "2026-01-01T10:00:01Z", type: "rowing" } },
  symptoms: { path: "/api/v1/events/symptoms", params: { order: "desc", limit: 1000 } },
};

/** The rows of each over all pages, by the moving range. */
async function rows({ path, params }) {
  const { shape: __, fill: ___, ...rest } = moving(params, place.today);
  const query = new URLSearchParams(Object.entries(rest).filter(([, value]) => value !== undefined)).toString();
  const name = { data: "samples", sleep: "nights", workouts: "workouts", events: "events" }[path.split("/")[3]] ?? "points";
  return everything(server, `${path}?${query}`, name);
}

const text = (tool, asked) => TOOLS[tool](asked, place);
const env = () => ({ ...process.env, KEY: server.key });

before(async () => {
  server = await world();
  place = { origin: server.origin, today: new Date(Date.now() + 3_600_000).toISOString().slice(0, 10) };
  const symptom = (days, name) => ({ start: `${day(days)} 09:00:00 +0000`, end: `${day(days)} 10:00:00 +0000`, name, severity: "Mild", userEntered: true });
  await server.ask("/api/v1/ingest", { method: "POST", body: JSON.stringify({ data: { symptoms: [symptom(40, "Nausea"), symptom(3, "Headache"), symptom(20, "Fatigue")] } }) });
});

after(() => server?.end());

test("a range that reaches to today moves on, one of the past does not", () => {
  for (const [tool, write] of Object.entries(TOOLS)) {
    const written = write(ASKED.steps, place);
    assert.ok(!/\d{4}-\d\d-\d\d/.test(written.replace("YYYY-MM-DD", "")), `${tool}: ${written}`);
    assert.ok(!/fill=|shape=/.test(written), `${tool}: ${written}`);
  }
  assert.ok(text("curl", ASKED.steps).includes("start=-6d"));
  assert.ok(text("curl", { ...ASKED.steps, params: { ...ASKED.steps.params, end: day(2) } }).includes(`start=${day(6)}`));
  assert.ok(!/2026-01-01/.test(text("Home Assistant", ASKED.workout)), "a sensor is of the newest");
});

test("curl", async () => {
  for (const asked of Object.values(ASKED)) {
    const answer = JSON.parse(output("bash", ["-c", text("curl", asked)], { env: env(), stdio: ["ignore", "pipe", "ignore"] }));
    assert.ok(Object.values(answer).some(Array.isArray), JSON.stringify(answer).slice(0, 300));
  }
  const newest = JSON.parse(output("bash", ["-c", text("curl", ASKED.workouts)], { env: env(), stdio: ["ignore", "pipe", "ignore"] })).workouts[0];
  assert.equal(newest.id, (await server.json("/api/v1/workouts?order=desc&limit=1&type=rowing")).workouts[0].id);
});

test("Python", long, async (test) => {
  const tools = python("requirements-snippets.txt");
  if (tools.missing) return test.skip(tools.missing);
  for (const [name, asked] of Object.entries(ASKED)) {
    const found = output(tools.python, ["-c", `${text("Python", asked)}\nprint(len(frame))`], { env: env() });
    assert.equal(Number(found), (await rows(asked)).length, name);
  }
});

test("R", long, async (test) => {
  if (!finds("Rscript")) return test.skip("no Rscript here: Debian's packages r-base-core and r-cran-httr2");
  if (!output("Rscript", ["-e", "cat(requireNamespace('httr2', quietly = TRUE))"]).includes("TRUE")) return test.skip("no httr2 here: Debian's package r-cran-httr2");
  for (const [name, asked] of Object.entries(ASKED)) {
    const found = output("Rscript", ["-e", `${text("R", asked)}\ncat(nrow(frame))`], { env: env() });
    assert.equal(Number(found.trim().split(/\s+/).at(-1)), (await rows(asked)).length, name);
  }
});

test("Home Assistant", long, async (test) => {
  const tools = python("requirements-snippets.txt");
  if (tools.missing) return test.skip(tools.missing);
  const sensors = (asked) => JSON.parse(output(tools.python, [join(HERE, "home_assistant.py")], { input: text("Home Assistant", asked).replace("KEY", server.key) }));
  const steps = sensors(ASKED.steps);
  const [today] = (await server.json("/api/v1/aggregate/step_count?bucket=day&stat=sum&start=today")).points;
  assert.equal(Number(steps.health_step_count_today.state), Math.round(today?.sum ?? 0));
  assert.deepEqual([steps.health_step_count_today.state_class, steps.health_step_count_today.unit_of_measurement], ["total", "count"]);
  assert.match(steps.health_step_count_today.last_reset, /00:00/);
  // Nothing yet today is 0, and never "None".
  const quiet = text("Home Assistant", ASKED.steps).replace("KEY", server.key).replace("start=today", "start=2099-01-01");
  const shown = JSON.parse(output(tools.python, [join(HERE, "home_assistant.py")], { input: quiet }));
  assert.deepEqual([shown.health_step_count.available, shown.health_step_count_today.state], ["True", "0"]);
  const heart = (await server.json("/api/v1/aggregate/heart_rate?bucket=day&stat=avg&start=-30d")).points.at(-1).avg;
  assert.equal(Number(sensors(ASKED.heart).health_heart_rate.state), Math.round(heart * 10) / 10);
  assert.equal(sensors(ASKED.heart).health_heart_rate.state_class, "measurement");
  const newest = (await server.json("/api/v1/data/heart_rate?order=desc&limit=1")).samples[0].value;
  assert.equal(Number(sensors(ASKED.samples).health_heart_rate.state), newest);
  const night = (await server.json("/api/v1/sleep?order=desc&limit=1")).nights[0];
  assert.equal(Number(sensors(ASKED.nights).health_sleep.state), Math.round(night.asleep_minutes));
  for (const asked of [ASKED.workouts, ASKED.workout]) assert.equal(Number(sensors(asked).health_workouts.state), 1);
  assert.match(sensors(ASKED.symptoms).health_symptoms.state, /mild|headache/i);
  const symptoms = await rows(ASKED.symptoms);
  assert.equal(symptoms[0].name, "Headache");
});

test("Grafana", async () => {
  for (const [name, asked] of Object.entries(ASKED)) {
    const written = text("Grafana", asked);
    const url = written.match(/URL: (\S+)/)[1].replace("${__from:date:YYYY-MM-DD}", day(7));
    assert.ok(!url.includes("${") && !url.includes("end="), url);
    const answer = await server.json(url.slice(server.origin.length));
    const rows = answer[written.match(/Rows: (\S+)/)[1]];
    assert.ok(Array.isArray(rows), name);
  }
  // The first day is whole.
  const url = text("Grafana", { ...ASKED.heart, params: { ...ASKED.heart.params, stat: "count" } }).match(/URL: (\S+)/)[1].replace("${__from:date:YYYY-MM-DD}", day(7));
  const [first] = (await server.json(url.slice(server.origin.length))).points;
  const [whole] = (await server.json(`/api/v1/aggregate/heart_rate?bucket=day&stat=count&start=${day(7)}&end=${day(6)}`)).points;
  assert.deepEqual(first, whole);
});

/** DuckDB's extension for HTTP, where DuckDB looks for it. */
function withExtension(tools) {
  const home = join(server.folder, "home");
  mkdirSync(home, { recursive: true });
  const options = { env: { ...process.env, HOME: home } };
  const install = "import duckdb, duckdb_extension_httpfs as e, pathlib\nduckdb.execute(f\"INSTALL '{next(pathlib.Path(e.__file__).parent.rglob('*.duckdb_extension'))}'\")";
  output(tools.python, ["-c", install], options);
  return options;
}

test("DuckDB in its command line, in Python and in Node, with a key for this server alone", long, async (test) => {
  const tools = python("requirements-duckdb1.txt");
  if (tools.missing) return test.skip(tools.missing);
  const options = withExtension(tools);
  const seen = [];
  const other = createServer((request, answer) => {
    seen.push(request.headers.authorization ?? "none");
    answer.writeHead(404).end();
  });
  await new Promise((ready) => other.listen(0, "127.0.0.1", ready));
  test.after(() => other.close());
  const node = npm("duckdb");
  for (const [name, asked] of Object.entries(ASKED)) {
    const snippet = text("DuckDB", asked).replace("'KEY'", `'${server.key}'`);
    const [set, read] = [snippet.slice(0, snippet.lastIndexOf("FROM")), snippet.slice(snippet.lastIndexOf("FROM"))];
    const counted = `${set}SELECT count(*) AS n FROM (${read.replace(";", "")});`;
    const expected = Number(output(tools.python, ["-c", `import sys, urllib.request, pyarrow, pyarrow.parquet
answer = urllib.request.urlopen(urllib.request.Request(sys.argv[1], headers={"Authorization": "Bearer " + sys.argv[2]}))
print(pyarrow.parquet.read_table(pyarrow.BufferReader(answer.read())).num_rows)`, read.match(/'(.*)'/)[1], server.key], options));
    // Twice in one session, as one who tries two snippets does.
    const cli = output(join(tools.bin, "duckdb"), ["-csv", "-noheader", "-c", `${snippet}\n${counted}`], options).trim().split("\n").at(-1);
    assert.equal(Number(cli), expected, `command line, ${name}`);
    const py = output(tools.python, ["-c", `import sys, duckdb\nprint(duckdb.connect().execute(sys.argv[1]).fetchone()[0])`, counted], options);
    assert.equal(Number(py), expected, `Python, ${name}`);
    if (node.missing) continue;
    writeFileSync(join(node.place, "read.mjs"), `import { DuckDBInstance } from "@duckdb/node-api";
const connection = await (await DuckDBInstance.create()).connect();
for (const statement of process.argv[2].split(/;\\n/)) console.log(String((await connection.runAndReadAll(statement)).getRows().at(-1)?.[0]));`);
    const js = output("node", [join(node.place, "read.mjs"), counted], options).trim().split("\n").at(-1);
    assert.equal(Number(js), expected, `Node, ${name}`);
  }
  const { port } = other.address();
  const snippet = text("DuckDB", ASKED.workouts).replace("'KEY'", `'${server.key}'`);
  // Beside this process, which serves the other address.
  const child = spawn(join(tools.bin, "duckdb"), ["-c", `${snippet}\nFROM read_parquet('http://127.0.0.1:${port}/x.parquet');`], { ...options, stdio: "ignore" });
  await new Promise((done) => child.once("exit", done));
  assert.ok(seen.length > 0 && seen.every((header) => header === "none"), `another server was told ${seen}`);
  if (node.missing) test.diagnostic(`skipped in Node: ${node.missing}`);
});
