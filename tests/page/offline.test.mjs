// A server that goes away while the page is open, as when it is updated, and comes back.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { keyOf, metric, post } from "./phone.mjs";
import { ask, browserOr, folder, launch, settled, show, signIn, start, startAt, visit } from "./support.mjs";

describe("without the server", browserOr, () => {
  let server, browser, data, visitor, page, key;
  before(async () => {
    data = folder();
    [server, browser] = await Promise.all([start("serve", "--data-dir", data.path), launch()]);
    visitor = await visit(browser);
    page = visitor.page;
    await signIn(visitor, server.link);
    key = await keyOf(page);
    await send(1000);
    await show(page, "today");
    await page.evaluate(() => (window.stillThis = true));
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
    data.remove();
  });

  const moment = Date.now();
  const send = async (steps) => assert.equal((await post(server.address, key, metric("step_count", "count", [[moment, steps]]))).status, 200);
  const again = async () => (server = { address: server.address, ...(await startAt(server.address, "serve", "--data-dir", data.path)) });
  const banner = () => page.locator(".banner");
  const value = () => page.locator(".tile .value").getAttribute("data-value");

  it("says so on whatever is asked next, and keeps what is on show", async () => {
    assert.equal(await value(), "1000");
    await server.stop();
    await page.evaluate(() => (location.hash = "#/activity"));
    await banner().waitFor();
    assert.equal(await banner().getAttribute("role"), "alert");
    assert.match(await banner().textContent(), /The server cannot be reached.*Reconnecting/);
    await page.evaluate(() => (location.hash = "#/today"));
    await page.locator("h1", { hasText: "Today" }).waitFor();
    assert.ok(await banner().isVisible());
  });

  it("asks for the server once every two seconds, however long that takes", async () => {
    visitor.requests.length = 0;
    await page.waitForTimeout(7000);
    assert.ok(visitor.requests.length >= 2 && visitor.requests.length <= 4, `${visitor.requests.length} requests in seven seconds`);
  });

  it("goes on by itself when the server is back, with what has come meanwhile", async () => {
    await visitor.context.setOffline(true);
    await again();
    await send(1500);
    await visitor.context.setOffline(false);
    await banner().waitFor({ state: "detached", timeout: 15_000 });
    await page.locator(".tile .value[data-value='1500']").waitFor({ timeout: 10_000 });
    assert.equal(await page.locator("main .problem").count(), 0);
    assert.ok(await page.evaluate(() => window.stillThis), "the page has not been loaded again");
    assert.equal((await ask(page, "/api/v1/session")).signed_in, true, "a session outlives the server's process");
  });

  it("waits with a page that is loaded too early, and signs nobody out", async () => {
    await show(page, "connect");
    await page.route("**/api/v1/session", (route) => route.abort("connectionrefused"));
    await page.reload();
    await page.getByText("Waiting for the server…").waitFor();
    await page.unroute("**/api/v1/session");
    await page.locator("h1", { hasText: "Connect a phone" }).waitFor({ timeout: 10_000 });
  });

  it("the stream of what arrives is opened again, too", async () => {
    await settled(page);
    await server.stop();
    await page.waitForTimeout(500);
    await again();
    await send(2000);
    await page.locator(".works").waitFor({ timeout: 20_000 });
    assert.equal(await page.locator(".arrived li").count(), 1, "the list of a new process, without what came twice");
    assert.equal(await page.evaluate(() => location.hash), "#/connect");
  });

  it("a change that could not be sent says so, and is not lost", async () => {
    await show(page, "settings/keys");
    await server.stop();
    await page.getByRole("button", { name: "Revoke phone" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: "Revoke", exact: true }).click();
    await dialog.locator(".problem").waitFor();
    assert.equal(await dialog.locator(".problem").textContent(), "The server cannot be reached.");
    await again();
    await dialog.getByRole("button", { name: "Revoke", exact: true }).click();
    await dialog.waitFor({ state: "hidden" });
    assert.equal((await post(server.address, key, metric("step_count", "count", [[moment, 1]]))).status, 401);
  });
});
