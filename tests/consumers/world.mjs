// The real program with a made-up person and more workouts than a page holds, and the tools of others, pinned and installed into
// target/consumers. Whatever cannot be had here is skipped, and says so.

import { execFileSync, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export const HERE = fileURLToPath(new URL(".", import.meta.url));
const PROGRAM = resolve(process.env.HEALTH_EXPORT ?? "target/release/health-export");
const TOOLS = resolve(process.env.CONSUMERS_TOOLS ?? "target/consumers");
const ZONE = "Europe/Berlin";
const INSTALLING = 10 * 60_000;

const bare = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("HEALTH_EXPORT_")));

/** More than a page of them, a minute each, the newest an hour ago. */
export const WORKOUTS = 1_100;

function workouts() {
  const hour = 3_600_000;
  const text = (at) => `${new Date(at).toISOString().slice(0, 19).replace("T", " ")} +0000`;
  const last = Math.floor(Date.now() / hour) * hour - hour;
  const one = (at) => {
    const start = last - at * 6 * hour;
    return { id: `made-up-${at}`, name: "Rowing", start: text(start), end: text(start + 60_000), duration: 60 };
  };
  return { data: { workouts: Array.from({ length: WORKOUTS }, (_, at) => one(at)) } };
}

/**
 * More rows without a minimum and maximum than readers look at (20,480), before the first that has them: active energy by the
 * minute, then heart rate as the phone sums it up by the hour.
 */
function summaries() {
  const text = (at) => `${new Date(at).toISOString().slice(0, 19).replace("T", " ")} +0000`;
  const first = Date.parse("2024-01-01T00:00:00Z");
  const energy = Array.from({ length: 21_000 }, (_, at) => ({ date: text(first + at * 60_000), qty: 1 + (at % 7) / 10, source: "Robin’s Apple Watch" }));
  const heart = Array.from({ length: 2_000 }, (_, at) => ({ date: text(first + at * 3_600_000), Avg: 70 + (at % 5), Min: 55, Max: 99 + (at % 71), source: "Robin’s Apple Watch" }));
  return { data: { metrics: [{ name: "active_energy", units: "kcal", data: energy }, { name: "heart_rate", units: "count/min", data: heart }] } };
}

/** Starts the server; `end` ends it. */
export async function world() {
  const folder = mkdtempSync(join(tmpdir(), "health-export-consumers-"));
  const data = join(folder, "data");
  const run = (...command) => execFileSync(PROGRAM, ["--data-dir", data, "--home-zone", ZONE, "--log", "warn", ...command], { env: bare, encoding: "utf8" });
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
  run("synth", "--kind", "apple-zip", "--years", "1", "--density", "0.3", "--until", tomorrow, "--zone", ZONE, "--out", join(folder, "export.zip"));
  run("import", join(folder, "export.zip"));
  const key = run("key", "create", "--name", "consumers", "--scope", "ingest,read,export,admin").trim();
  const server = spawn(PROGRAM, ["--data-dir", data, "--home-zone", ZONE, "--log", "warn", "serve", "--listen", "127.0.0.1:0"], { env: bare, stdio: ["ignore", "pipe", "inherit"] });
  const line = await new Promise((found, failed) => {
    createInterface(server.stdout).once("line", found);
    server.once("exit", () => failed(new Error("the server did not start")));
  });
  const origin = line.split(/\s+/).at(-1);
  const ask = async (path, options = {}) => {
    const send = () => fetch(origin + path, { ...options, headers: { authorization: `Bearer ${key}`, ...options.headers } });
    // While a tool ran, a connection that was kept may have been closed.
    const answer = await send().catch(send);
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer;
  };
  await ask("/api/v1/ingest", { method: "POST", body: JSON.stringify(workouts()) });
  await ask("/api/v1/ingest", { method: "POST", body: JSON.stringify(summaries()), headers: { "automation-aggregation": "Hours" } });
  const end = async () => {
    const ended = new Promise((done) => server.once("exit", done));
    if (server.exitCode === null && server.signalCode === null) {
      server.kill("SIGTERM");
      await ended;
    }
    rmSync(folder, { recursive: true });
  };
  return { folder, data, origin, key, pid: server.pid, ask, json: async (path) => (await ask(path)).json(), program: PROGRAM, run, end };
}

/** Every row of a list, over all its pages. */
export async function everything({ json }, path, rows) {
  const found = [];
  for (let cursor; ; ) {
    const page = await json(`${path}${path.includes("?") ? "&" : "?"}${cursor ? `cursor=${encodeURIComponent(cursor)}` : ""}`.replace(/[?&]$/, ""));
    found.push(...page[rows]);
    cursor = page.next_cursor;
    if (!cursor) return found;
  }
}

export const finds = (program) => spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;

/** A folder in which these are installed, made once for each state of the file that names them. Otherwise why there is none. */
function installed(name, list, install) {
  const stamp = createHash("sha256").update(readFileSync(list)).digest("hex");
  const place = join(TOOLS, name);
  const mark = join(place, "installed");
  if (existsSync(mark) && readFileSync(mark, "utf8") === stamp) return { place };
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place, { recursive: true });
  const made = install(place);
  if (made.status !== 0) return { missing: `${name} cannot be installed here: ${String(made.stderr ?? made.error).trim().split("\n").at(-1)}` };
  writeFileSync(mark, stamp);
  return { place };
}

/** Python with the packages of a requirements file: `{ python }`, or `{ missing }`. */
export function python(requirements) {
  const list = join(HERE, requirements);
  const options = { encoding: "utf8", timeout: INSTALLING };
  const { place, missing } = installed(requirements.replace(".txt", ""), list, (place) => {
    const made = spawnSync("python3", ["-m", "venv", place], options);
    return made.status === 0 ? spawnSync(join(place, "bin/pip"), ["install", "--quiet", "--disable-pip-version-check", "-r", list], options) : made;
  });
  return place ? { python: join(place, "bin/python"), bin: join(place, "bin") } : { missing };
}

/** Packages of a package.json below this folder: `{ place }`, or `{ missing }`. */
export function npm(name) {
  const list = join(HERE, name, "package.json");
  return installed(`npm-${name}`, list, (place) => {
    writeFileSync(join(place, "package.json"), readFileSync(list));
    return spawnSync("npm", ["install", "--no-audit", "--no-fund", "--silent"], { cwd: place, encoding: "utf8", timeout: INSTALLING });
  });
}

/** What a program has printed; throws what it said when it fails. */
export function output(program, args, options = {}) {
  const done = spawnSync(program, args, { encoding: "utf8", maxBuffer: 1 << 28, timeout: 300_000, ...options });
  if (done.status !== 0) throw new Error(`${program} ${args.slice(0, 2).join(" ")} ended with ${done.status}: ${done.stdout?.slice(-1500)}\n${done.stderr?.slice(-3000)}${done.error ?? ""}`);
  return done.stdout;
}
