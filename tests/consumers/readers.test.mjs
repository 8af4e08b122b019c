// Holds off files that a tool reads as something else than the API says: rows, sums, types and times, by the expressions that
// docs/reading.md recommends.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { everything, finds, HERE, npm, output, python, WORKOUTS, world } from "./world.mjs";

const DOCS = readFileSync(join(HERE, "../../docs/reading.md"), "utf8");

let server, files, truth;

before(async () => {
  server = await world();
  files = join(server.folder, "files");
  mkdirSync(files);
  for (const kind of ["samples", "workouts"]) {
    for (const format of ["csv", "parquet", "ndjson"]) {
      const answer = await server.ask(`/api/v1/export/${kind}?format=${format}`);
      writeFileSync(join(files, `${kind}.${format}`), Buffer.from(await answer.arrayBuffer()));
    }
  }
  const { metrics } = await server.json("/api/v1/metrics");
  const samples = (metric) => everything(server, `/api/v1/data/${metric}?limit=100000`, "samples");
  const [steps, heart] = [await samples("step_count"), await samples("heart_rate")];
  truth = {
    rows: metrics.reduce((sum, { count }) => sum + count, 0),
    steps: steps.reduce((sum, { value }) => sum + value, 0),
    max: Math.max(...heart.map(({ max }) => max ?? 0)),
    start: Math.min(...steps.map(({ start }) => Date.parse(start))),
  };
  assert.equal(truth.max, 169);
});

after(() => server?.end());

const close = (one, other, what) => assert.ok(Math.abs(one - other) <= 1e-9 * Math.abs(other), `${what}: ${one}, not ${other}`);

/** An instant as the tools give it: a time without a zone is one of UTC, a number epoch seconds. */
const instant = (text) => (typeof text === "number" ? text * 1000 : Date.parse(/Z|[+-]\d\d:\d\d$/.test(text) ? text : `${text}Z`));

function check(told) {
  const what = `${told.package} ${told.version} ${told.file}`;
  assert.equal(told.fault, undefined, `${what}: ${told.expression}`);
  assert.equal(told.rows, truth.rows, what);
  close(told.steps, truth.steps, what);
  assert.equal(told.max, truth.max, what);
  assert.equal(instant(told.start), truth.start, what);
  assert.deepEqual([told.types.value, told.types.max], ["double", "double"], what);
  assert.ok(DOCS.includes(told.expression), `docs/reading.md does not have the expression ${told.expression}`);
}

for (const [requirements, packages, expected] of [["requirements.txt", [], 19], ["requirements-duckdb1.txt", ["duckdb"], 3]]) {
  test(`readers of ${requirements}`, { timeout: 1_200_000 }, (test) => {
    const tools = python(requirements);
    if (tools.missing) return test.skip(tools.missing);
    const told = output(tools.python, [join(HERE, "readers.py"), files, ...packages]).trim().split("\n").map((line) => JSON.parse(line));
    assert.equal(told.length, expected);
    told.forEach(check);
  });
}

test("SQLite itself, by ADBC, pandas and sqlite-utils", { timeout: 1_200_000 }, (test) => {
  const tools = python("requirements.txt");
  if (tools.missing) return test.skip(tools.missing);
  const told = JSON.parse(output(tools.python, [join(HERE, "database.py"), join(server.data, "health.db")]));
  for (const [expression, rows, max] of told) {
    assert.equal(rows, truth.rows, expression);
    assert.equal(max, truth.max, expression);
    assert.ok(DOCS.includes(expression), `docs/reading.md does not have ${expression}`);
  }
  assert.ok(told.length >= 4);
});

test("R", { timeout: 600_000 }, (test) => {
  if (!finds("Rscript")) return test.skip("no Rscript here: Debian's package r-base-core");
  const has = output("Rscript", ["-e", "cat(requireNamespace('readr', quietly = TRUE))"]);
  if (!has.includes("TRUE")) return test.skip("no readr here: Debian's package r-cran-readr");
  const expression = 'readr::read_csv("samples.csv", guess_max = Inf)';
  const script = `frame <- ${expression}
    steps <- frame[frame$metric == "step_count", ]
    heart <- frame[frame$metric == "heart_rate", ]
    cat(nrow(frame), sprintf("%.6f", sum(steps$value)), max(heart$max, na.rm = TRUE), format(min(steps$start), "%Y-%m-%dT%H:%M:%SZ", tz = "UTC"), class(frame$max))`;
  const [rows, steps, max, start, kind] = output("Rscript", ["-e", script], { cwd: files }).trim().split(/\s+/).slice(-5);
  assert.deepEqual([Number(rows), Number(max), Date.parse(start), kind], [truth.rows, truth.max, truth.start, "numeric"]);
  close(Number(steps), truth.steps, "readr");
  assert.ok(DOCS.includes(expression), expression);
});

test("Node: hyparquet", { timeout: 600_000 }, (test) => {
  const tools = npm("hyparquet");
  if (tools.missing) return test.skip(tools.missing);
  const script = `import { asyncBufferFromFile, parquetReadObjects } from "hyparquet";
import { compressors } from "hyparquet-compressors";
const rows = await parquetReadObjects({ file: await asyncBufferFromFile(process.argv[2]), compressors });
const of = (metric) => rows.filter((row) => row.metric === metric);
const steps = of("step_count");
console.log(JSON.stringify({ rows: rows.length, steps: steps.reduce((sum, { value }) => sum + value, 0), max: Math.max(...of("heart_rate").map(({ max }) => max ?? 0)), start: Math.min(...steps.map(({ start }) => start.getTime())) }));`;
  writeFileSync(join(tools.place, "read.mjs"), script);
  const told = JSON.parse(output("node", [join(tools.place, "read.mjs"), join(files, "samples.parquet")]));
  close(told.steps, truth.steps, "hyparquet");
  assert.deepEqual({ ...told, steps: truth.steps }, truth);
});

test("workouts: every row, and JSON that is whole", { timeout: 600_000 }, (test) => {
  const tools = python("requirements.txt");
  if (tools.missing) return test.skip(tools.missing);
  const script = `import json, sys, polars
frame = polars.read_csv(sys.argv[1], infer_schema_length=None, try_parse_dates=True)
print(frame.height, sum(1 for text in frame["figures"] if text is None or isinstance(json.loads(text), dict)))`;
  const [rows, whole] = output(tools.python, ["-c", script, join(files, "workouts.csv")]).trim().split(" ").map(Number);
  assert.ok(rows > WORKOUTS);
  assert.equal(whole, rows);
});

test("LibreOffice", { timeout: 300_000 }, (test) => {
  const office = ["soffice", "libreoffice"].find(finds);
  if (!office) return test.skip("no LibreOffice here: Debian's package libreoffice-calc");
  output(office, ["--headless", "--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76", "--outdir", join(files, "calc"), join(files, "workouts.csv")], { cwd: files });
  const lines = readFileSync(join(files, "calc/workouts.csv"), "utf8").trim().split("\n").length;
  assert.equal(lines, readFileSync(join(files, "workouts.csv"), "utf8").trim().split("\n").length);
});

test("Spark", { timeout: 1_200_000 }, (test) => {
  if (!process.env.CONSUMERS_SPARK) return test.skip("Spark is 400 MB: set CONSUMERS_SPARK=1 to have it installed");
  const tools = python("requirements-spark.txt");
  if (tools.missing) return test.skip(tools.missing);
  const told = JSON.parse(output(tools.python, [join(HERE, "spark.py"), files]).trim().split("\n").at(-1));
  for (const [file, expression, rows, good] of told) {
    assert.ok(DOCS.includes(expression.replace("workouts", "samples")), expression);
    assert.equal(good, rows, `${file}: ${expression}`);
    if (file === "samples.csv") assert.equal(rows, truth.rows);
  }
});
