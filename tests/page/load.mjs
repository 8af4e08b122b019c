// A module of the page, for a test outside a browser.

import { fileURLToPath } from "node:url";
import { createServer } from "vite";

const root = fileURLToPath(new URL("../../data/dashboard", import.meta.url));

/** `path` is below data/dashboard/src. */
export async function load(path) {
  const server = await createServer({ root, configFile: false, appType: "custom", logLevel: "error", server: { middlewareMode: true, ws: false, watch: null } });
  try {
    return await server.ssrLoadModule(`/src/${path}`);
  } finally {
    await server.close();
  }
}
