import assert from "node:assert/strict";
import test from "node:test";

import { load } from "./load.mjs";

const { elsewhere, isLoopback } = await load("lib/addresses.ts");

const named = { url: "http://pi.local:8787", kind: "name" };
const near = { url: "http://127.0.0.1:8787", kind: "loopback" };
const answer = (...addresses) => ({ addresses, listens_on: "", reachable: true, plain_http: true });

test("a phone is offered what it can reach, in the server's order", () => {
  const tail = { url: "http://100.64.1.2:8787", kind: "tailscale" };
  assert.deepEqual(elsewhere(answer(named, tail, near), near.url), [named, tail]);
  assert.deepEqual(elsewhere(answer(named, tail, near), tail.url), [named, tail]);
});

test("the address that a proxy has given to this page comes first", () => {
  const own = elsewhere(answer(named, near), "https://health.example.org");
  assert.deepEqual(own.map(({ url }) => url), ["https://health.example.org", named.url]);
});

test("a server that only its own machine can reach is still named", () => {
  assert.deepEqual(elsewhere(answer(near), near.url), [near]);
  assert.deepEqual(elsewhere(answer(), "http://localhost:8787"), []);
});

test("the machine itself is known by each of its names, and nothing else by the look of it", () => {
  for (const url of ["http://localhost:8787", "https://127.0.0.1", "http://127.3.2.1:80", "http://[::1]:8787"]) assert.ok(isLoopback(url), url);
  for (const url of ["http://127-0-0-1.example", "http://pi.local", "https://x/?http://localhost", "http://192.168.127.1"]) assert.ok(!isLoopback(url), url);
});
