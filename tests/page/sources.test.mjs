// An order of sources that is set for sleep alone: chosen, saved, told in the settings, and taken back.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { keyOf, metric, post } from "./phone.mjs";
import { ask, browserOr, folder, launch, show, signIn, start, visit } from "./support.mjs";

const NOON = "2026-03-01T12:00:00Z";

describe("the order of sources", browserOr, () => {
  let server, browser, data, page, faults;
  before(async () => {
    data = folder();
    [server, browser] = await Promise.all([start("serve", "--data-dir", data.path), launch()]);
    const visitor = await visit(browser);
    [page, faults] = [visitor.page, visitor.faults];
    await signIn(visitor, server.link);
    const key = await keyOf(page);
    for (const [source, value] of [["Robin's Apple Watch", 14.5], ["Ring", 15]]) {
      const sent = metric("apple_sleeping_wrist_temperature", "degC", [[NOON, value]], source);
      const steps = metric("step_count", "count", [[NOON, 40]], source);
      assert.equal((await post(server.address, key, source === "Ring" ? metric("step_count", "count", [[NOON, 40]], source) : sent)).status, 200);
      assert.equal((await post(server.address, key, source === "Ring" ? metric("breathing_disturbances", "count", [[NOON, 3]], source) : steps)).status, 200);
    }
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
    data.remove();
  });

  const names = async (about) => (await ask(page, `/api/v1/sources${about}`)).sources.map(({ name }) => name);
  const listed = () => page.locator("ol.sources b").allTextContents();

  it("is set for sleep alone", async () => {
    await show(page, "data/sources");
    assert.deepEqual(await listed(), ["1. Robin's Apple Watch", "2. Ring"]);
    await page.getByLabel("Order of").selectOption({ label: "Sleep" });
    await page.getByRole("button", { name: "Move Ring up" }).click();
    await page.getByRole("button", { name: "Save this order" }).click();
    await page.getByText("custom order").waitFor();
    assert.deepEqual(await names("?category=sleep"), ["Ring", "Robin's Apple Watch"]);
    assert.deepEqual(await names(""), ["Robin's Apple Watch", "Ring"]);
    await page.getByLabel("Order of").selectOption({ label: "Everything" });
    await page.getByText("default: watches, phones, others").waitFor();
    assert.deepEqual(await listed(), ["1. Robin's Apple Watch", "2. Ring"]);
    assert.deepEqual(faults, []);
  });

  it("is told in the settings, which lead back to it, and is taken back", async () => {
    await show(page, "settings/sources");
    const link = page.locator("#settings-sources").getByRole("link", { name: "Sleep", exact: true });
    await link.click();
    await page.getByRole("button", { name: "Reset to the general order" }).click();
    await page.getByText("same as for all data").waitFor();
    assert.deepEqual((await ask(page, "/api/v1/sources")).orders, []);
    assert.deepEqual(await names("?category=sleep"), ["Robin's Apple Watch", "Ring"]);
    assert.deepEqual(faults, []);
  });
});
