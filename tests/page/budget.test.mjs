// What a screen costs a phone: the scripts that it needs, and the style sheet, under gzip.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const ASSETS = fileURLToPath(new URL("../../data/dashboard/dist/assets/", import.meta.url));
const SCRIPTS = 60_000;
const STYLE = 15_000;

/** Without the hash of its content. */
const stem = (name) => name.replace(/-.{8}\.(js|css)$/, "");

const sizes = new Map(
  readdirSync(ASSETS).filter((name) => /\.(js|css)$/.test(name)).map((name) => [stem(name), { name, text: readFileSync(ASSETS + name, "utf8") }]),
);
const bytes = (name) => gzipSync(sizes.get(name).text, { level: 9 }).length;

/** A script and all that it imports before it runs. */
function needs(name, found = new Set()) {
  if (found.has(name)) return found;
  found.add(name);
  for (const [, file] of sizes.get(name).text.matchAll(/(?:from|import)\s*"\.\/([^"]+)\.js"/g)) needs(stem(`${file}.js`), found);
  return found;
}

test("no screen needs more than 60 kB of script", () => {
  const screens = [...sizes.keys()].filter((name) => name !== "style");
  assert.ok(screens.length > 10, `${screens}`);
  for (const screen of screens) {
    const all = needs(screen, new Set(["base"]));
    const sum = [...all].reduce((total, name) => total + bytes(name), 0);
    console.log(`${screen}: ${sum} bytes (${[...all].join(", ")})`);
    assert.ok(sum <= SCRIPTS, `${screen} needs ${sum} bytes: ${[...all].map((name) => `${name} ${bytes(name)}`).join(", ")}`);
  }
});

test("the style sheet is small", () => assert.ok(bytes("style") <= STYLE, `${bytes("style")} bytes`));
