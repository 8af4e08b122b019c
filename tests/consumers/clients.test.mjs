// Holds off a description of the API that validators refuse, or of which generators make a client that does not work: it is
// validated, clients in Python, TypeScript and Go are made of it, and the server is asked with each.

import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { finds, npm, output, python, world } from "./world.mjs";

const long = { timeout: 1_200_000 };

let server, document, folder;

before(async () => {
  server = await world();
  folder = join(server.folder, "clients");
  mkdirSync(folder);
  document = join(folder, "openapi.json");
  writeFileSync(document, JSON.stringify(await server.json("/openapi.json")));
});

after(() => server?.end());

/** What every client must find. */
async function truth() {
  const { workouts } = await server.json("/api/v1/workouts?limit=3&order=desc");
  const points = (await server.json("/api/v1/aggregate/step_count?bucket=month&stat=sum")).points.length;
  const csv = Buffer.from(await (await server.ask("/api/v1/export/workouts?format=csv")).arrayBuffer()).length;
  return { newest: workouts[0].id, points, csv };
}

test("a validator", long, (test) => {
  const tools = python("requirements-clients.txt");
  if (tools.missing) return test.skip(tools.missing);
  assert.match(output(join(tools.bin, "openapi-spec-validator"), [document]), /OK/);
});

test("openapi-python-client", long, async (test) => {
  const tools = python("requirements-clients.txt");
  if (tools.missing) return test.skip(tools.missing);
  const said = output(join(tools.bin, "openapi-python-client"), ["generate", "--path", document, "--output-path", join(folder, "python-client"), "--meta", "none", "--overwrite"], { cwd: folder, env: { ...process.env, PATH: `${tools.bin}:${process.env.PATH}` } });
  assert.ok(!/unable to|skipping|error/i.test(said), said);
  const script = `import json, sys
sys.path.insert(0, sys.argv[1])
from importlib import import_module
client = import_module("python-client").AuthenticatedClient(base_url=sys.argv[2], token=sys.argv[3])
api = lambda tag, name: import_module(f"python-client.api.{tag}.{name}")
workouts = api("read", "get_workouts").sync(client=client, limit=3, order="desc")
points = api("read", "get_aggregate_by_metric").sync(metric="step_count", client=client, bucket="month", stat="sum").points
file = api("export", "get_export_workouts").sync_detailed(client=client, format_="csv")
problem = api("read", "get_aggregate_by_metric").sync(metric="stp_count", client=client)
stored = api("ingest", "post_ingest").sync(client=client, body={"data": {"metrics": []}})
print(json.dumps({"newest": workouts.workouts[0].id, "points": len(points), "csv": len(file.content), "payload": len(file.parsed.payload.read()), "problem": problem.status, "received": getattr(stored, "received", None)}))`;
  const told = JSON.parse(output(tools.python, ["-c", script, folder, server.origin, server.key]));
  const expected = await truth();
  assert.deepEqual(told, { ...expected, payload: expected.csv, problem: 404, received: 0 });
});

const java = () => (finds("java") ? undefined : "no java here: Debian's package default-jre-headless");

function generate(tools, language, more = []) {
  const out = join(folder, language);
  output(join(tools.bin, "openapi-generator-cli"), ["generate", "-i", document, "-g", language, "-o", out, ...more], { cwd: folder });
  return out;
}

test("openapi-generator: Python", long, async (test) => {
  const tools = python("requirements-clients.txt");
  if (tools.missing ?? java()) return test.skip(tools.missing ?? java());
  const out = generate(tools, "python", ["--additional-properties=packageName=health"]);
  const script = `import json, sys
sys.path.insert(0, sys.argv[1])
import health
configuration = health.Configuration(host=sys.argv[2], access_token=sys.argv[3])
with health.ApiClient(configuration) as client:
    read, export = health.ReadApi(client), health.ExportApi(client)
    workouts = read.get_workouts(limit=3, order="desc")
    points = read.get_aggregate_by_metric("step_count", bucket="month", stat="sum").points
    file = export.get_export_workouts(format="csv")
    try:
        read.get_aggregate_by_metric("stp_count")
    except health.exceptions.NotFoundException as fault:
        problem = fault.data.status
    print(json.dumps({"newest": workouts.workouts[0].id, "points": len(points), "csv": len(file), "problem": problem}))`;
  const runtime = python("requirements-client-runtime.txt");
  if (runtime.missing) return test.skip(runtime.missing);
  const told = JSON.parse(output(runtime.python, ["-c", script, out, server.origin, server.key]));
  assert.deepEqual(told, { ...(await truth()), problem: 404 });
});

test("openapi-typescript", long, async (test) => {
  const tools = npm("typescript");
  if (tools.missing) return test.skip(tools.missing);
  const bin = join(tools.place, "node_modules/.bin");
  output(join(bin, "openapi-typescript"), [document, "-o", join(tools.place, "api.d.ts")]);
  writeFileSync(join(tools.place, "ask.ts"), `import createClient from "openapi-fetch";
import type { paths } from "./api";
declare const process: { argv: string[] };
const [, , baseUrl, key] = process.argv;
const client = createClient<paths>({ baseUrl, headers: { authorization: \`Bearer \${key}\` } });
const { data: list } = await client.GET("/api/v1/workouts", { params: { query: { limit: 3, order: "desc" } } });
const { data: months } = await client.GET("/api/v1/aggregate/{metric}", { params: { path: { metric: "step_count" }, query: { bucket: "month", stat: "sum" } } });
const { data: file } = await client.GET("/api/v1/export/workouts", { params: { query: { format: "csv" } }, parseAs: "blob" });
const { error } = await client.GET("/api/v1/aggregate/{metric}", { params: { path: { metric: "stp_count" } } });
console.log(JSON.stringify({ newest: list?.workouts[0]?.id, points: months?.points?.length, csv: (file as unknown as Blob).size, problem: error?.status }));
`);
  const compilerOptions = { strict: true, target: "es2022", module: "es2022", moduleResolution: "bundler", lib: ["es2022", "dom"], types: [] };
  writeFileSync(join(tools.place, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["ask.ts", "api.d.ts"] }));
  output(join(bin, "tsc"), ["--project", "."], { cwd: tools.place });
  const told = JSON.parse(output("node", [join(tools.place, "ask.js"), server.origin, server.key]));
  assert.deepEqual(told, { ...(await truth()), problem: 404 });
});

test("openapi-generator: Go", long, async (test) => {
  const tools = python("requirements-clients.txt");
  if (tools.missing ?? java()) return test.skip(tools.missing ?? java());
  if (!finds("go")) return test.skip("no go here: Debian's package golang-go");
  const out = generate(tools, "go", ["--additional-properties=packageName=health,withGoMod=true", "--name-mappings", "has_series=EventHasSeries", "--git-host", "example.org", "--git-user-id", "made", "--git-repo-id", "health"]);
  mkdirSync(join(out, "ask"));
  writeFileSync(join(out, "ask/main.go"), `package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	health "example.org/made/health"
)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	configuration := health.NewConfiguration()
	configuration.Servers = health.ServerConfigurations{{URL: os.Args[1]}}
	client := health.NewAPIClient(configuration)
	ctx := context.WithValue(context.Background(), health.ContextAccessToken, os.Args[2])
	list, _, err := client.ReadAPI.GetWorkouts(ctx).Limit(3).Order("desc").Execute()
	must(err)
	months, _, err := client.ReadAPI.GetAggregateByMetric(ctx, "step_count").Bucket("month").Stat("sum").Execute()
	must(err)
	file, _, err := client.ExportAPI.GetExportWorkouts(ctx).Format("csv").Execute()
	must(err)
	info, err := file.Stat()
	must(err)
	_, answer, _ := client.ReadAPI.GetAggregateByMetric(ctx, "stp_count").Execute()
	told, err := json.Marshal(map[string]any{"newest": list.Workouts[0].Id, "points": len(months.Points), "csv": info.Size(), "problem": answer.StatusCode})
	must(err)
	fmt.Println(string(told))
}
`);
  const env = { ...process.env, GOFLAGS: "-mod=mod", HOME: server.folder };
  const told = JSON.parse(output("go", ["run", "./ask", server.origin, server.key], { cwd: out, env, timeout: 600_000 }));
  assert.deepEqual(told, { ...(await truth()), problem: 404 });
});

/** Questions made up from the description: what is answered must be what is described. That a made-up value may be refused is described as well. */
test("schemathesis", long, (test) => {
  const tools = python("requirements-schemathesis.txt");
  if (tools.missing) return test.skip(tools.missing);
  const checks = ["not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance", "response_schema_conformance"];
  const key = ["-H", `Authorization: Bearer ${server.key}`];
  const args = ["run", `${server.origin}/openapi.json`, ...key, "--checks", checks.join(","), "--max-examples", "10", "--workers", "1", "--seed", "7", "--no-color", "--exclude-path-regex", "/(backup|replay|session|keys|people|codes)"];
  output(join(tools.bin, "st"), args, { cwd: folder, timeout: 900_000 });
});
