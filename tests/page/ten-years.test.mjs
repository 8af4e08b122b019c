// Ten years of a metric on a slow phone: what the view costs on the way, and how long it takes to draw once it is there.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { browserOr, launch, settled, show, signIn, start, visit } from "./support.mjs";

const MOST_BYTES = 100_000;
const MOST_MILLISECONDS = 200;
/** How much slower than this machine. */
const SLOWER = 6;

/**
 * In the page: notes when the answer that the first chart waits for has arrived, and when the second frame after that chart stands
 * has come. Answers are read by `json`, so their arrival is the moment at which it is called.
 */
function stopwatch() {
  const seen = (window.drawing = {});
  const read = Response.prototype.json;
  Response.prototype.json = function json() {
    if (this.url.includes("/api/v1/aggregate/") && this.url.includes("bucket=auto")) seen.arrived ??= performance.now();
    return read.call(this);
  };
  new MutationObserver((_, watcher) => {
    if (!document.querySelector(".card .plot canvas")) return;
    watcher.disconnect();
    seen.stands = performance.now();
    requestAnimationFrame(() => requestAnimationFrame(() => (seen.drawn = performance.now())));
  }).observe(document, { childList: true, subtree: true });
}

describe("ten years", { ...browserOr, timeout: 300_000 }, () => {
  let server, browser, state;
  before(async () => {
    [server, browser] = await Promise.all([start("demo", "--years", "10"), launch()]);
    const visitor = await visit(browser);
    await signIn(visitor, server.link);
    // Charts that somebody looks at are in the browser already, and so is the page.
    await show(visitor.page, "metric");
    state = await visitor.context.storageState();
    await visitor.context.close();
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  for (const metric of ["step_count", "heart_rate"]) {
    let took;
    it(`${metric} is small on the way`, async () => {
      const { page, context, faults, open } = await visit(browser, { size: "phone", storageState: state });
      await open(server.address);
      await page.locator("main h1").waitFor();
      await settled(page);
      const network = await context.newCDPSession(page);
      await network.send("Network.enable");
      const [addresses, sizes] = [new Map(), new Map()];
      network.on("Network.responseReceived", ({ requestId, response }) => addresses.set(requestId, response.url));
      network.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => sizes.set(requestId, encodedDataLength));
      await network.send("Emulation.setCPUThrottlingRate", { rate: SLOWER });
      await page.evaluate(stopwatch);
      await show(page, `metric/${metric}?range=All`);
      await page.waitForFunction(() => window.drawing.drawn);
      await settled(page);
      const { arrived, stands, drawn } = await page.evaluate(() => window.drawing);
      const answers = [...addresses].filter(([, url]) => url.includes("/api/")).map(([id, url]) => ({ path: url.slice(server.address.length), bytes: sizes.get(id) ?? 0 }));
      const bytes = answers.reduce((sum, answer) => sum + answer.bytes, 0);
      console.log(`${metric}: ${bytes} bytes in ${answers.length} answers; drawn after ${Math.round(drawn - arrived)} ms (stood after ${Math.round(stands - arrived)} ms)`);
      const each = answers.map((answer) => `${answer.bytes} ${answer.path}`).join("\n");
      assert.ok(answers.some(({ path }) => path.startsWith(`/api/v1/aggregate/${metric}`)), each);
      assert.ok(answers.every((answer) => answer.bytes > 0), each);
      assert.ok(bytes < MOST_BYTES, `${bytes} bytes:\n${each}`);
      assert.ok(drawn > arrived, `drawn at ${drawn}, arrived at ${arrived}`);
      assert.deepEqual(faults, []);
      took = drawn - arrived;
      await context.close();
    });

    // Missed so far: see docs/performance.md.
    it(`${metric} is drawn within ${MOST_MILLISECONDS} ms`, { todo: "the bar is missed on two cores without a graphics card" }, () => {
      assert.ok(took < MOST_MILLISECONDS, `drawn after ${took} ms`);
    });
  }
});
