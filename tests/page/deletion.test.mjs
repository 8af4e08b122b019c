// A date range that is deleted on the page: seen before, gone after, kept out when it comes again, and brought back.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { keyOf, metric, post } from "./phone.mjs";
import { ask, browserOr, folder, launch, settled, show, signIn, start, visit } from "./support.mjs";

const DAYS = ["2026-03-01", "2026-03-02", "2026-03-03", "2026-03-04"];
/** Noon of each day, and what was walked until then. */
const STEPS = DAYS.map((day, at) => [`${day}T11:00:00Z`, (at + 1) * 1111]);
const RANGE = "start=2026-03-01&end=2026-03-05";

describe("deletion", browserOr, () => {
  let server, browser, data, page, faults, key;
  before(async () => {
    data = folder();
    [server, browser] = await Promise.all([start("serve", "--data-dir", data.path), launch()]);
    const visitor = await visit(browser);
    [page, faults] = [visitor.page, visitor.faults];
    await signIn(visitor, server.link);
    key = await keyOf(page);
    await send();
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
    data.remove();
  });

  const send = async () => {
    const answer = await post(server.address, key, metric("step_count", "count", STEPS));
    assert.equal(answer.status, 200);
    return answer.json();
  };
  const stored = async () => (await ask(page, `/api/v1/data/step_count?${RANGE}`)).samples.map(({ value }) => value);
  const days = async () => (await ask(page, `/api/v1/aggregate/step_count?bucket=day&stat=sum&${RANGE}`)).points.map((point) => [point.start.slice(0, 10), point.sum]);
  const words = async () => {
    await show(page, "metric/step_count?range=All");
    return page.locator(".words .lead").textContent();
  };
  const dialog = () => page.getByRole("dialog");
  const audit = () => page.locator("section.card", { has: page.getByRole("heading", { name: "What was deleted" }) }).locator("li");
  const preview = async () => {
    await page.getByRole("button", { name: "Preview…" }).click();
    await dialog().getByText("Deletes ").waitFor();
  };

  it("shows what it would take, and takes nothing when nobody says yes", async () => {
    assert.match(await words(), /11,110 in all, on 4 days/);
    await show(page, "data/deletions?metric=step_count&start=2026-03-02&end=2026-03-04");
    assert.equal(await page.getByLabel("First day").inputValue(), "2026-03-02");
    assert.equal(await page.getByLabel("Last day").inputValue(), "2026-03-03", "the last day is included");
    await preview();
    assert.match(await dialog().textContent(), /2 samples of Steps/);
    await dialog().getByRole("button", { name: "Cancel" }).click();
    await dialog().waitFor({ state: "hidden" });
    assert.deepEqual(await stored(), [1111, 2222, 3333, 4444]);
    assert.deepEqual((await ask(page, "/api/v1/deletions")).deletions, []);
    assert.deepEqual(faults, []);
  });

  it("deletes it from the answers and from the screen", async () => {
    await preview();
    await dialog().getByRole("button", { name: "Delete", exact: true }).click();
    await page.locator(".toast").waitFor();
    assert.match(await page.locator(".toast").textContent(), /Deleted: 2 samples of Steps/);
    assert.deepEqual(await stored(), [1111, 4444]);
    assert.deepEqual(await days(), [["2026-03-01", 1111], ["2026-03-04", 4444]], "sums of days follow");
    assert.match(await words(), /5,555 in all, on 2 days/);
    assert.deepEqual(faults, []);
  });

  it("keeps it out when the phone sends it again, and counts that", async () => {
    await send();
    assert.deepEqual(await stored(), [1111, 4444]);
    await show(page, "data/deletions");
    const { deletions: [deletion] } = await ask(page, "/api/v1/deletions");
    assert.deepEqual([deletion.samples, deletion.kept_out, deletion.by], [2, 2, "session"]);
    assert.match(await audit().first().textContent(), /2 samples of Steps.*in a browser.*kept out 2 items/);
    assert.deepEqual(faults, []);
  });

  it("brings it back", async () => {
    await audit().first().getByRole("button", { name: "Undo" }).click();
    await audit().first().getByText("✓ Undone").waitFor();
    await settled(page);
    assert.deepEqual(await stored(), [1111, 2222, 3333, 4444]);
    assert.deepEqual(await days(), STEPS.map(([at, many]) => [at.slice(0, 10), many]));
    assert.match(await words(), /11,110 in all, on 4 days/);
    assert.deepEqual(faults, []);
  });

  it("corrects one value, and the way back is at hand", async () => {
    await show(page, "data/deletions?kind=samples&metric=step_count&start=2026-03-03");
    await page.getByRole("button", { name: "Correct 12:00", exact: false }).click();
    await dialog().getByRole("spinbutton").fill("3000");
    await dialog().getByRole("button", { name: "Preview…" }).click();
    await dialog().getByText("Changes ").waitFor();
    assert.deepEqual(await stored(), [1111, 2222, 3333, 4444]);
    await dialog().getByRole("button", { name: "Correct", exact: true }).click();
    await page.locator(".toast", { hasText: "Corrected" }).waitFor();
    assert.deepEqual(await stored(), [1111, 2222, 3000, 4444]);
    await page.locator(".toast").getByRole("button", { name: "Undo" }).click();
    await page.locator(".toast", { hasText: "Brought back" }).waitFor();
    assert.deepEqual(await stored(), [1111, 2222, 3333, 4444]);
    assert.deepEqual(faults, []);
  });

  it("destroys for good what was deleted, when somebody says yes", async () => {
    await show(page, "data/deletions?metric=step_count&start=2026-03-01&end=2026-03-02");
    await preview();
    await dialog().getByRole("button", { name: "Delete", exact: true }).click();
    await page.locator(".toast", { hasText: "Deleted" }).waitFor();
    await audit().first().getByRole("button", { name: "Destroy: 1 sample of Steps", exact: false }).click();
    await dialog().getByText("Nothing brings it back").waitFor();
    await dialog().getByRole("button", { name: "Destroy", exact: true }).click();
    await audit().first().getByText("Permanent").waitFor();
    assert.equal(await audit().first().getByRole("button").count(), 0, "there is no way back");
    const { deletions: [deletion] } = await ask(page, "/api/v1/deletions");
    assert.ok(deletion.permanent_at);
    assert.deepEqual(await stored(), [2222, 3333, 4444]);
    assert.deepEqual(faults, []);
  });

  it("says so when there is nothing to delete", async () => {
    await show(page, "data/deletions?metric=step_count&start=2026-02-01&end=2026-02-02");
    await page.getByRole("button", { name: "Preview…" }).click();
    await dialog().locator(".problem").waitFor();
    assert.match(await dialog().locator(".problem").textContent(), /\w+ \w+/);
    assert.equal(await dialog().getByRole("button", { name: "Delete", exact: true }).count(), 0);
  });
});
