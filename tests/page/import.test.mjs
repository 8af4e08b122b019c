// An export of Apple's, from the file input to the numbers on the page.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import { appleExport } from "./phone.mjs";
import { ask, browserOr, folder, launch, show, signIn, start, visit } from "./support.mjs";

describe("import", browserOr, () => {
  let server, browser, data, page, faults, file;
  before(async () => {
    data = folder();
    file = join(data.path, "export.zip");
    appleExport(file);
    [server, browser] = await Promise.all([start("serve", "--data-dir", join(data.path, "data")), launch()]);
    const visitor = await visit(browser);
    [page, faults] = [visitor.page, visitor.faults];
    await signIn(visitor, server.link);
    await show(page, "data/import");
    await page.evaluate(() => (window.stillThis = true));
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
    data.remove();
  });

  const finished = () => page.locator("section.card", { has: page.getByRole("heading", { name: "Imports so far" }) }).locator("li");
  const choose = (path) => page.locator("input[type=file]").setInputFiles(path);
  /** As the page writes it. */
  const many = (number) => number.toLocaleString("en-GB");
  const jobs = async () => (await ask(page, "/api/v1/jobs")).jobs;

  it("goes from the file to a receipt, with its progress on show", async () => {
    await page.evaluate(() => {
      window.told = [];
      new MutationObserver(() => {
        const bar = document.querySelector(".job progress");
        if (bar) window.told.push(bar.value);
      }).observe(document.body, { childList: true, subtree: true, attributes: true });
    });
    await choose(file);
    await finished().first().waitFor({ timeout: 60_000 });
    const [{ state, receipt, file: name }] = await jobs();
    assert.deepEqual([state, name], ["done", "export.zip"]);
    assert.ok(receipt.stored > 1000, JSON.stringify(receipt));
    assert.equal(receipt.received, receipt.stored + receipt.updated + receipt.unchanged + receipt.quarantined, "every item has an outcome");
    const text = await finished().first().textContent();
    assert.ok(text.includes(`${many(receipt.received)} received: ${many(receipt.stored)} new`), text);
    const told = await page.evaluate(() => window.told);
    assert.ok(told.length > 0, "progress was on show");
    assert.ok(told.every((value, at) => !at || value >= told[at - 1]), `it went back: ${told}`);
    assert.equal(await page.locator(".job").count(), 0, "nothing runs any more");
    assert.ok(await page.evaluate(() => window.stillThis));
    assert.deepEqual(faults, []);
  });

  it("stores what the receipt says, metric by metric", async () => {
    const [{ receipt }] = await jobs();
    const { metrics } = await ask(page, "/api/v1/metrics");
    const steps = metrics.find(({ name }) => name === "step_count");
    assert.equal(steps.count, receipt.by_metric.step_count.stored);
    await finished().first().getByRole("link", { name: "Details" }).click();
    await page.waitForFunction(() => location.hash.startsWith("#/data/deliveries/"));
    await page.locator("main", { hasText: many(receipt.by_metric.step_count.stored) }).waitFor();
    await show(page, "metric/step_count?range=All");
    const { points } = await ask(page, "/api/v1/aggregate/step_count?bucket=year&stat=sum");
    const sum = points.reduce((all, point) => all + point.sum, 0);
    assert.ok(sum > 0);
    assert.ok((await page.locator(".words .lead").textContent()).includes(`${many(Math.round(sum))} in all`), await page.locator(".words .lead").textContent());
    assert.deepEqual(faults, []);
  });

  it("finds the same file unchanged when it comes again", async () => {
    const [{ receipt: first }] = await jobs();
    await show(page, "data/import");
    await choose(file);
    await finished().nth(1).waitFor({ timeout: 60_000 });
    const { receipt } = (await jobs()).find((job) => job.receipt.delivery !== first.delivery);
    assert.deepEqual([receipt.received, receipt.stored, receipt.updated], [first.received, 0, 0], JSON.stringify(receipt));
    await finished().filter({ hasText: `${many(receipt.received)} received: ${many(receipt.unchanged)} known already` }).waitFor();
    assert.deepEqual(faults, []);
  });

  it("says in a sentence why a file is none, and is ready for the next", async () => {
    const before = (await jobs()).filter(({ state }) => state === "done").length;
    const broken = join(data.path, "holiday.zip");
    writeFileSync(broken, "this is no zip at all");
    await choose(broken);
    const problem = page.locator("main .problem").first();
    await problem.waitFor({ timeout: 30_000 });
    assert.match(await problem.textContent(), /\w+ \w+ \w+/);
    assert.equal(await page.locator("input[type=file]").count(), 1);
    assert.equal((await jobs()).filter(({ state }) => state === "done").length, before);
  });
});
