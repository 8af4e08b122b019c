import assert from "node:assert/strict";
import test from "node:test";

import { load } from "./load.mjs";

const { AUTOMATIONS, deepLink, endpoint } = await load("lib/deep-link.ts");

const KEY = `he_${"aB3-_".repeat(8)}xyz`;
const phone = { server: "http://pi.local:8787", key: KEY };
const read = (link) => {
  const [scheme, query] = link.split("?");
  assert.equal(scheme, "com.HealthExport://automation");
  return Object.fromEntries(new URLSearchParams(query));
};

test("every automation says where to send and with which key", () => {
  assert.equal(AUTOMATIONS.length, 9);
  for (const automation of AUTOMATIONS) {
    const said = read(deepLink(phone, automation));
    assert.equal(said.url, "http://pi.local:8787/api/v1/ingest");
    assert.deepEqual(said.headers.split(","), ["X-API-Key", KEY]);
    assert.equal(said.name, `health-export: ${automation.name}`);
    assert.equal(said.format, "json");
    assert.equal(said.exportversion, "v2");
    assert.equal(said.enabled, "true");
  }
});

test("details and totals of days are two automations, and sleep comes in stages in both", () => {
  const [details, days] = AUTOMATIONS.map((automation) => read(deepLink(phone, automation)));
  assert.deepEqual([details.datatype, details.period, details.interval, details.aggregatesleep], ["healthMetrics", "none", "none", "false"]);
  assert.deepEqual([days.datatype, days.period, days.interval, days.aggregatesleep], ["healthMetrics", "previous7Days", "days", "false"]);
});

test("no two automations have one name, and each has the fields to set it up by hand", () => {
  assert.equal(new Set(AUTOMATIONS.map(({ name }) => name)).size, AUTOMATIONS.length);
  for (const { fields } of AUTOMATIONS) assert.equal(fields[0][0], "Data type");
});

test("nothing in a link can be taken for another parameter, and spaces are not pluses", () => {
  const link = deepLink({ server: "https://häuschen.example/a&b=c?d#e+f", key: KEY }, AUTOMATIONS[0]);
  assert.ok(!link.includes("+"), link);
  assert.ok(!link.includes("#"), link);
  assert.equal(link.split("?").length, 2);
  assert.equal(read(link).url, "https://häuschen.example/a&b=c?d#e+f/api/v1/ingest");
  assert.equal(read(link).name, "health-export: Health metrics");
});

test("a link with a long address is short enough for a code that a phone can read", () => {
  const server = `https://${"a".repeat(63)}.${"b".repeat(63)}.example.org:65535`;
  for (const automation of AUTOMATIONS) assert.ok(deepLink({ server, key: KEY }, automation).length <= 700);
});

test("a key with a comma is refused, because it would be taken for two headers", () => {
  assert.throws(() => deepLink({ ...phone, key: "he_a,b" }, AUTOMATIONS[0]), /comma/);
});

test("slashes at the end of the address are not doubled", () => {
  assert.equal(endpoint("http://pi.local:8787//"), "http://pi.local:8787/api/v1/ingest");
});
