// Builds the page into dist/. Each screen is a script of its own, because nobody looks at all of them, beside two that most of
// them share; every file is named by its content, so that browsers may keep it for ever, and stands beside what it is
// under brotli, which the program embeds and hands out as it is.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import { defineConfig } from "vite";

const brotli = {
  name: "brotli",
  writeBundle({ dir }) {
    const files = readdirSync(dir, { recursive: true }).filter((name) => /\.(html|js|css)$/.test(name));
    for (const path of files.map((name) => join(dir, name))) {
      writeFileSync(`${path}.br`, brotliCompressSync(readFileSync(path), { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
    }
  },
};

/** What every screen needs: all that is shared but for charts, and the arithmetic that only screens with charts do. */
const BASE = /node_modules\/(?!uplot).*|src\/(main|app|screens\/events\/kinds)\.|src\/lib\/(?!course|gaps|nights|snippets|statistics|trends|workouts)|src\/parts\/(?!bars|chart|metric-card|reasons|topic|ways|why)/;

export default defineConfig({
  root: import.meta.dirname,
  plugins: [brotli],
  // For development: HEALTH_EXPORT is the address of a running server.
  server: { proxy: { "/api": process.env.HEALTH_EXPORT ?? "http://127.0.0.1:8787" } },
  build: {
    target: "es2022",
    // The page's policy allows no data in the place of files.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    cssCodeSplit: false,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: "base", test: BASE, priority: 2 },
            { name: "chart", test: /uplot|src\/(lib|parts)\/(?!reasons|snippets|ways)/, priority: 1 },
          ],
        },
      },
    },
  },
});
