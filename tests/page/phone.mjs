// A phone that sends what Health Auto Export would, and programs that make files.

import { execFileSync } from "node:child_process";

const PROGRAM = process.env.HEALTH_EXPORT ?? "target/release/health-export";

/** An instant as the app writes it, in its own zone. */
export const stamp = (at) => `${new Date(at).toISOString().slice(0, 19).replace("T", " ")} +0000`;

/** What the app sends of one metric: `values` are pairs of an instant and a quantity. */
export const metric = (name, units, values, source = "Watch") => ({
  data: { metrics: [{ name, units, data: values.map(([at, qty]) => ({ date: stamp(at), qty, source })) }] },
});

/** A key by which a phone may send, made on a page whose owner is signed in. */
export const keyOf = async (page) => {
  const make = async () => (await fetch("/api/v1/keys", { method: "POST", headers: { "content-type": "application/json" }, body: '{"name":"phone","scopes":["ingest"]}' })).json();
  return (await page.evaluate(make)).key;
};

/** Sends a body as the app does; without a key where none is given. `more` are headers of the automation. */
export function post(address, key, body, more = {}) {
  const headers = { ...more, "content-type": "application/json", "automation-name": "Made up", "user-agent": "Health%20Auto%20Export/1 CFNetwork/1 Darwin/25" };
  return fetch(`${address}/api/v1/ingest`, { method: "POST", headers: key ? { ...headers, "x-api-key": key } : headers, body: JSON.stringify(body) });
}

/** Makes an `export.zip` of a year at the path, with a tenth of what a watch and a phone record. */
export const appleExport = (path) => execFileSync(PROGRAM, ["synth", "--kind", "apple-zip", "--years", "1", "--density", "0.1", "--out", path]);
