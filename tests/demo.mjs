// The whole way in a minute: a server on a temporary data directory, made-up deliveries posted with a key, an aggregate, an
// export.zip of the year before, nights and workouts, a Parquet file, and an address to open. With DEMO_STOP set it ends there instead of waiting for Ctrl-C.

import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const program = process.argv[2];
const folder = mkdtempSync(join(tmpdir(), "health-export-demo-"));
const env = {
  ...process.env,
  HEALTH_EXPORT_DATA_DIR: join(folder, "data"),
  HEALTH_EXPORT_HOME_ZONE: "Europe/Berlin",
  HEALTH_EXPORT_LOG: "warn",
};
const run = (...command) => execFileSync(program, command, { env, encoding: "utf8" }).trim();

let server;
const end = (code) => {
  server?.kill();
  server?.once("exit", () => {
    rmSync(folder, { recursive: true });
    process.exit(code);
  });
};

async function main() {
  run("synth", "--kind", "hae", "--years", "1", "--out", join(folder, "deliveries"));
  const key = run("key", "create", "--name", "demo", "--scope", "ingest,read,export");
  server = spawn(program, ["serve", "--listen", "127.0.0.1:0"], { env, stdio: ["ignore", "pipe", "inherit"] });
  const address = await new Promise((found, failed) => {
    createInterface(server.stdout).once("line", (line) => found(line.match(/http:\S+/)[0]));
    server.once("exit", () => failed(new Error("the server did not start")));
  });
  const ask = async (path, options = {}) => {
    const headers = { authorization: `Bearer ${key}`, ...options.headers };
    const answer = await fetch(address + path, { ...options, headers });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer;
  };

  console.log("Posting a made-up year, a delivery for each month:");
  for (const name of readdirSync(join(folder, "deliveries")).sort()) {
    const body = readFileSync(join(folder, "deliveries", name));
    const headers = { "automation-aggregation": "Hours" };
    const receipt = await (await ask("/api/v1/ingest", { method: "POST", body, headers })).json();
    console.log(`  ${name}: ${receipt.received} received, ${receipt.stored} stored, ${receipt.quarantined} quarantined`);
  }

  console.log("\nSteps for each month:");
  const months = await (await ask("/api/v1/aggregate/step_count?bucket=month&stat=sum")).json();
  for (const { start, sum } of months.points) console.log(`  ${start.slice(0, 7)}  ${Math.round(sum)}`);
  if (months.points.length !== 12) throw new Error("a year should have twelve months");

  console.log("\nImporting the year before from an export.zip:");
  const zip = join(folder, "export.zip");
  run("synth", "--kind", "apple-zip", "--years", "1", "--until", "2025-01-01", "--density", "0.2", "--out", zip);
  const { status_url } = await (await ask("/api/v1/import", { method: "POST", body: readFileSync(zip) })).json();
  let job;
  do {
    await new Promise((soon) => setTimeout(soon, 50));
    job = await (await ask(status_url)).json();
  } while (["queued", "running"].includes(job.state));
  if (job.state !== "done") throw new Error(`the import ended with: ${job.error}`);
  console.log(`  ${job.receipt.summary}`);

  const { nights } = await (await ask("/api/v1/sleep?order=desc&limit=3&end=2025-01-01")).json();
  console.log("\nThe last nights of it:");
  for (const { date, asleep_minutes, stages } of nights) {
    const minutes = Object.entries(stages).map(([stage, minutes]) => `${stage} ${Math.round(minutes)}`);
    console.log(`  ${date}  asleep for ${Math.round(asleep_minutes)} minutes: ${minutes.join(", ")}`);
  }
  const { workouts } = await (await ask("/api/v1/workouts?order=desc&limit=3")).json();
  console.log("\nThe last workouts:");
  for (const { start, type, figures } of workouts) {
    console.log(`  ${start.slice(0, 16)}  ${type}, ${figures.distance.value} ${figures.distance.unit}`);
  }
  if (nights.length !== 3 || workouts.length !== 3) throw new Error("there should be three of each");

  const parquet = Buffer.from(await (await ask("/api/v1/export/samples?format=parquet")).arrayBuffer());
  if (parquet.subarray(0, 4).toString() !== "PAR1") throw new Error("this is no Parquet file");
  writeFileSync(join(folder, "samples.parquet"), parquet);
  console.log(`\nA Parquet file of everything: ${parquet.length} bytes at ${join(folder, "samples.parquet")}`);

  console.log(`\nOpen ${address}/\nOr ask curl -H 'Authorization: Bearer ${key}' '${address}/api/v1/metrics'`);
  if (process.env.DEMO_STOP) return end(0);
  console.log("Ctrl-C stops the server and removes everything it made.");
}

process.on("SIGINT", () => end(0));
process.on("SIGTERM", () => end(0));
main().catch((fault) => {
  console.error(fault.message);
  end(1);
});
