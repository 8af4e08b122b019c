// Every screen opens, in both sizes and both schemes of colours, without an error, a request to another machine or a breach of
// the page's policy; axe finds nothing; nothing is wider than a small phone; a keyboard is enough.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, describe, it } from "node:test";

import { browserOr, launch, SCREENS, show, signIn, start, visit } from "./support.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** A phone on a slow network should not wait for more. */
const MOST_REQUESTS = 12;

describe("the screens", browserOr, () => {
  let server, browser;
  before(async () => {
    [server, browser] = await Promise.all([start("demo"), launch()]);
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  let state;
  const signedIn = async (looks) => {
    const visitor = await visit(browser, { ...looks, storageState: state });
    if (state) {
      await visitor.open(server.address);
      await visitor.page.locator("main h1").waitFor();
    } else {
      await signIn(visitor, server.link);
      state = await visitor.context.storageState();
    }
    return visitor;
  };

  for (const [size, colorScheme] of [["phone", "light"], ["phone", "dark"], ["desk", "light"], ["desk", "dark"]]) {
    it(`open without a fault (${size}, ${colorScheme})`, async () => {
      const { page, faults, context } = await signedIn({ size, colorScheme, bypassCSP: false });
      for (const [name, fragment] of Object.entries(SCREENS)) {
        await show(page, fragment);
        assert.deepEqual(faults, [], name);
        const problems = await page.locator("main .problem").allTextContents();
        assert.deepEqual(problems, [], `${name} says that something is wrong`);
        const { wide, screen } = await page.evaluate(() => ({ wide: document.documentElement.scrollWidth, screen: innerWidth }));
        assert.ok(wide <= screen, `${name} is ${wide} wide on a screen of ${screen}`);
        assert.equal(await page.locator("h1").count(), 1, `${name} has one main heading`);
      }
      await context.close();
    });
  }

  it("hold what axe asks for", async () => {
    for (const colorScheme of ["light", "dark"]) {
      const { page, context } = await signedIn({ size: "phone", colorScheme });
      for (const [name, fragment] of Object.entries(SCREENS)) {
        await show(page, fragment);
        await page.evaluate(AXE);
        const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
        const found = violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => node.target).join(", ")}`);
        assert.deepEqual(found, [], `${name}, ${colorScheme}`);
      }
      await context.close();
    }
  });

  it("ask for little, and only for what has changed when they are loaded again", async () => {
    for (const fragment of Object.values(SCREENS)) {
      const { page, requests, context } = await signedIn({});
      requests.length = 0;
      await page.goto("about:blank");
      await page.goto(`${server.address}/#/${fragment}`);
      await show(page, fragment);
      assert.ok(requests.length <= MOST_REQUESTS, `${fragment}: ${requests.length} requests:\n${requests.join("\n")}`);
      await context.close();
    }
    const { page, context } = await signedIn({});
    await show(page, "heart");
    const network = await context.newCDPSession(page);
    await network.send("Network.enable");
    const answers = new Map();
    network.on("Network.responseReceivedExtraInfo", ({ statusCode, requestId }) => answers.set(requestId, statusCode));
    await page.reload();
    await show(page, "heart");
    const statuses = [...answers.values()];
    assert.ok(statuses.filter((status) => status === 304).length >= 4, `statuses of the second load: ${statuses}`);
    await context.close();
  });

  it("can be used without a mouse", async () => {
    const { page, context, faults } = await signedIn({});
    await show(page, "today");
    await page.locator("h1").waitFor();
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "Skip to the content");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement.id), "main");
    await show(page, "metric/step_count?range=M");
    await page.locator(".plot").first().focus();
    await page.keyboard.press("End");
    const value = page.locator(".legend .when").first();
    assert.match(await value.textContent(), /\d/, "the arrow keys move the cursor of a chart");
    await page.getByRole("button", { name: "year", exact: true }).first().focus();
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => location.hash.includes("range=Y"));
    await page.getByRole("button", { name: "Use this in…" }).first().focus();
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    assert.deepEqual(faults, []);
    await context.close();
  });
});
