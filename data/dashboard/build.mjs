// Builds the page into dist/: one script and one style sheet, named by their content so that browsers may keep them for
// ever, each beside what it is under brotli, which the program embeds and hands out as it is.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";
import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const dist = join(here, "dist");

/** Options that the development server shares. */
export const options = {
  absWorkingDir: here,
  entryPoints: { app: "src/main.tsx", style: "style.css" },
  entryNames: "[name]-[hash]",
  outdir: join(dist, "assets"),
  bundle: true,
  format: "esm",
  target: ["es2022"],
  jsx: "automatic",
  jsxImportSource: "preact",
  legalComments: "none",
  logLevel: "warning",
};

function keep(path, content) {
  writeFileSync(path, content);
  const best = { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: content.length } };
  writeFileSync(`${path}.br`, brotliCompressSync(content, best));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { outputFiles } = await build({ ...options, minify: true, write: false });
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(join(dist, "assets"), { recursive: true });
  const names = {};
  for (const { path, contents } of outputFiles) {
    const name = basename(path);
    names[name.split("-")[0]] = `/assets/${name}`;
    keep(path, contents);
  }
  const page = readFileSync(join(here, "index.html"), "utf8");
  keep(join(dist, "index.html"), Buffer.from(page.replace("%STYLE%", names.style).replace("%SCRIPT%", names.app)));
}
