// The real program with a made-up person, and a real browser that notices everything a person would not see: errors in its
// console, requests to other machines, what the page's policy has forbidden, answers that are errors.

import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const PROGRAM = process.env.HEALTH_EXPORT ?? "target/release/health-export";

export const SIZES = { phone: { width: 360, height: 740 }, desk: { width: 1280, height: 800 } };

/** The screens, by a name for each. */
export const SCREENS = {
  today: "today",
  activity: "activity?range=M",
  heart: "heart?range=M",
  sleep: "sleep",
  body: "body?range=6M",
  workouts: "workouts?range=6M",
  metrics: "metric",
  metric: "metric/step_count?range=Y",
  correlations: "correlations",
  events: "events?range=6M",
  data: "data",
  sources: "data/sources",
  deliveries: "data/deliveries",
  quarantine: "data/quarantine",
  import: "data/import",
  deletions: "data/deletions",
  connect: "connect",
  settings: "settings",
};

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-headless-shell", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const executablePath = [process.env.CHROMIUM, ...PLACES].find((path) => path && existsSync(path));

/** For `node:test`: skips, and says why, where there is no browser. */
export const browserOr = executablePath ? {} : { skip: "no Chromium here: install Debian's package chromium, or set CHROMIUM to one" };

export const launch = () => chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });

/**
 * Runs a command of the program that serves, and waits until it prints what `pattern` finds.
 * Settings of the machine that runs the tests do not count.
 */
async function run(command, listen, pattern) {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("HEALTH_EXPORT_")));
  const child = spawn(PROGRAM, [...command, "--listen", listen, "--home-zone", "Europe/Berlin"], { env, stdio: ["ignore", "pipe", "inherit"] });
  const lines = [];
  const printed = (wanted) => new Promise((found, failed) => {
    const look = (line) => line.match(wanted) && found(line.match(wanted)[0]);
    lines.forEach(look);
    reader.on("line", look);
    child.once("exit", (code) => failed(new Error(`${PROGRAM} ended with ${code} before it printed ${wanted}:\n${lines.join("\n")}`)));
  });
  const reader = createInterface(child.stdout);
  reader.on("line", (line) => lines.push(line));
  const ended = new Promise((exited) => child.once("exit", exited));
  const stop = async () => {
    child.kill();
    await ended;
  };
  return { said: await printed(pattern), printed, stop, child };
}

/** Starts the program and waits for its address. `link` is what it prints for opening the page; it works once. */
export async function start(...command) {
  const { said: link, ...server } = await run(command, "127.0.0.1:0", /https?:\/\/\S+#\w{10}/);
  return { address: new URL(link).origin, link, ...server };
}

/** Starts the program at an address that it had before. Whoever was signed in still is, so it prints no link. */
export const startAt = (address, ...command) => run(command, new URL(address).host, /listens on \S+/);

/** A folder for a server's data, and its removal. */
export function folder() {
  const path = mkdtempSync(join(tmpdir(), "health-export-page-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** What a page has asked for and not been given yet. A stream of events never ends, and is not waited for. */
const waiting = new WeakMap();

function watch(page) {
  const asked = new Set();
  waiting.set(page, asked);
  page.on("request", (request) => request.resourceType() !== "eventsource" && asked.add(request));
  for (const end of ["requestfinished", "requestfailed"]) page.on(end, (request) => asked.delete(request));
}

/** A browser of its own, as on another device. `faults` gathers whatever went wrong; `requests` all addresses asked for. */
export async function visit(browser, { size = "desk", colorScheme = "light", ...options } = {}) {
  const context = await browser.newContext({ viewport: SIZES[size], colorScheme, locale: "en-GB", timezoneId: "Pacific/Auckland", ...options });
  const page = await context.newPage();
  watch(page);
  const [faults, requests] = [[], []];
  let origin;
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && faults.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => faults.push(`exception: ${error.message}`));
  page.on("request", (request) => {
    const url = new URL(request.url());
    requests.push(request.url());
    if (["http:", "https:"].includes(url.protocol) && url.origin !== origin) faults.push(`request to another machine: ${url}`);
  });
  page.on("response", (answer) => answer.status() >= 400 && faults.push(`${answer.status()} of ${answer.url()}`));
  await page.addInitScript(() => addEventListener("securitypolicyviolation", (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`)));
  const open = async (address) => {
    origin = new URL(address).origin;
    await page.goto(address);
  };
  return { context, page, faults, requests, open };
}

/** Signs in by the link and waits until the page is there. */
export async function signIn(visitor, link) {
  await visitor.open(link);
  await visitor.page.locator("main h1").waitFor();
}

const QUIET_MS = 150;

/** Waits until a screen stands: nothing is on its way, and nothing has been for a moment, so that what was drawn has had time to ask for more. */
export async function settled(page) {
  for (let quietSince = Date.now(); Date.now() - quietSince < QUIET_MS;) {
    await page.waitForFunction(() => document.querySelector("main h1") && !document.querySelector("main [aria-busy=true]"));
    await page.waitForTimeout(25);
    if (waiting.get(page).size) quietSince = Date.now();
  }
}

/** Goes to a screen and waits until it stands. */
export async function show(page, fragment) {
  await page.evaluate((to) => (location.hash = `#/${to}`), fragment);
  await settled(page);
}

/** Asks the API as the page does: never only the browser's cache, which may be of a minute ago. */
export const ask = (page, path) => page.evaluate(async (to) => (await fetch(to, { cache: "no-cache" })).json(), path);
