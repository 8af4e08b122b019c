// A module of the page, for a test outside a browser.

import { fileURLToPath } from "node:url";

import { build } from "esbuild";

/** `path` is below data/dashboard/src. */
export async function load(path) {
  const source = fileURLToPath(new URL(`../../data/dashboard/src/${path}`, import.meta.url));
  const { outputFiles } = await build({ entryPoints: [source], bundle: true, format: "esm", target: ["es2022"], write: false });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`);
}
