// The whole way in a minute, over the address that a person would open: signing in by the link that `demo` prints, the
// made-up year, a delivery, an export.zip of the year before, nights and workouts, a Parquet file.

import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const program = process.argv[2];
const folder = mkdtempSync(join(tmpdir(), "health-export-walk-"));
const flags = ["--until", "2026-01-01", "--home-zone", "Europe/Berlin", "--listen", "127.0.0.1:0"];
const env = { ...process.env, TMPDIR: join(folder, "tmp") };
mkdirSync(env.TMPDIR);
const demo = spawn(program, ["demo", ...flags], { env, stdio: ["ignore", "pipe", "inherit"] });
const ended = new Promise((done) => demo.once("exit", done));

async function lines() {
  const told = [];
  for await (const line of createInterface(demo.stdout)) {
    told.push(line);
    if (line.startsWith("Ctrl-C")) return told;
  }
  throw new Error(`the demo did not start: ${told.join("\n")}`);
}

function expect(holds, what) {
  if (!holds) throw new Error(what);
}

async function walk() {
  const told = (await lines()).join("\n");
  console.log(told);
  const [, address, code] = told.match(/open (http:\S+)\/#(\S+)/);
  const key = told.match(/Bearer (\S+)'/)[1];
  const ask = async (path, { headers, ...options } = {}) => {
    const answer = await fetch(address + path, { ...options, headers: { authorization: `Bearer ${key}`, ...headers } });
    expect(answer.ok, `${path}: ${answer.status} ${answer.ok || (await answer.text())}`);
    return answer;
  };

  const opened = await fetch(`${address}/api/v1/session`, { method: "POST", body: JSON.stringify({ code }) });
  expect(opened.ok, `the link does not let in: ${opened.status}`);
  const cookie = opened.headers.get("set-cookie").split(";")[0];
  const send = async (path, body) => {
    const answer = await fetch(address + path, { method: "POST", body, headers: { cookie } });
    expect(answer.ok, `${path}: ${answer.status}`);
    return answer.json();
  };

  console.log("\nSteps for each month:");
  const months = await (await ask("/api/v1/aggregate/step_count?bucket=month&stat=sum")).json();
  for (const { start, sum } of months.points) console.log(`  ${start.slice(0, 7)}  ${Math.round(sum)}`);
  expect(months.points.length === 12, "a year should have twelve months");

  console.log("\nA delivery, and the same again:");
  const point = { date: "2026-01-01 08:00:00 +0100", qty: 71.5, source: "Scale" };
  const body = JSON.stringify({ data: { metrics: [{ name: "weight_body_mass", units: "kg", data: [point] }] } });
  const receipts = [await send("/api/v1/ingest", body), await send("/api/v1/ingest", body)];
  for (const { summary } of receipts) console.log(`  ${summary}`);
  expect(receipts[0].stored === 1 && receipts[1].unchanged === 1, "once is stored, and twice is unchanged");

  console.log("\nImporting the year before from an export.zip:");
  const zip = join(folder, "export.zip");
  execFileSync(program, ["synth", "--kind", "apple-zip", "--until", "2025-01-01", "--density", "0.2", "--out", zip]);
  const { status_url } = await send("/api/v1/import", readFileSync(zip));
  let job;
  do {
    await new Promise((soon) => setTimeout(soon, 50));
    job = await (await ask(status_url)).json();
  } while (["queued", "running"].includes(job.state));
  expect(job.state === "done", `the import ended with: ${job.error}`);
  console.log(`  ${job.receipt.summary}`);

  const { nights } = await (await ask("/api/v1/sleep?order=desc&limit=3")).json();
  console.log("\nThe last nights:");
  for (const { date, asleep_minutes, stages } of nights) {
    const minutes = Object.entries(stages).map(([stage, minutes]) => `${stage} ${Math.round(minutes)}`);
    console.log(`  ${date}  asleep for ${Math.round(asleep_minutes)} minutes: ${minutes.join(", ")}`);
  }
  const { workouts } = await (await ask("/api/v1/workouts?order=desc&limit=3")).json();
  console.log("\nThe last workouts:");
  for (const { start, type, figures } of workouts) {
    console.log(`  ${start.slice(0, 16)}  ${type}, ${Math.round(figures.active_energy.value)} kcal`);
  }
  expect(nights.length === 3 && workouts.length === 3, "there should be three of each");

  const parquet = Buffer.from(await (await ask("/api/v1/export/samples?format=parquet")).arrayBuffer());
  expect(parquet.subarray(0, 4).toString() === "PAR1", "this is no Parquet file");
  console.log(`\nA Parquet file of everything: ${parquet.length} bytes`);
}

let failed;
try {
  await walk();
} catch (fault) {
  console.error(fault.message);
  failed = true;
}
demo.kill("SIGINT");
const code = await ended;
const left = readdirSync(env.TMPDIR);
if (code !== 0 || left.length > 0) {
  console.error(`the demo ended with ${code} and left ${left.join(", ") || "nothing"}`);
  failed = true;
}
rmSync(folder, { recursive: true });
process.exit(failed ? 1 : 0);
