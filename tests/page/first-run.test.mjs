// The way of somebody who has just started the program: the printed link, a phone that is connected, its first numbers, and
// the end of a key and of a session.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { metric, post } from "./phone.mjs";
import { ask, browserOr, folder, launch, settled, show, signIn, start, visit } from "./support.mjs";

const STEPS = 4321;

describe("first run", browserOr, () => {
  let server, browser, data, owner, key;
  before(async () => {
    data = folder();
    [server, browser] = await Promise.all([start("serve", "--data-dir", data.path), launch()]);
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
    data.remove();
  });

  const send = (body, by = key) => post(server.address, by, body);
  const moment = Date.now();
  const steps = (many) => metric("step_count", "count", [[moment, many]]);
  /** What the owner's browser has noticed, up to now. */
  const noticed = () => owner.faults.splice(0);
  const card = (name) => owner.page.locator("section.card", { has: owner.page.getByRole("heading", { name, exact: true }) });

  it("signs in by the link, and leads to Connect", async () => {
    owner = await visit(browser);
    await signIn(owner, server.link);
    assert.equal(await owner.page.locator("h1").textContent(), "Connect a phone");
    assert.equal(await owner.page.evaluate(() => location.hash), "#/connect", "the code is gone from the address");
    const session = await ask(owner.page, "/api/v1/session");
    assert.deepEqual([session.signed_in, session.admin, session.home_zone], [true, true, "Europe/Berlin"]);
    const cookies = await owner.context.cookies();
    assert.deepEqual(cookies.map(({ name, httpOnly, sameSite }) => [name, httpOnly, sameSite]), [["he_session", true, "Strict"]]);
    assert.deepEqual(noticed(), []);
  });

  it("signs nobody in by a link that was used, and says what to do", async () => {
    const { page, faults, open, context } = await visit(browser);
    await open(server.link);
    const alert = page.getByRole("alert");
    await alert.waitFor();
    assert.match(await alert.textContent(), /That link did not work\..*health-export setup/s);
    assert.equal(await page.locator("h1").textContent(), "Sign in to health-export");
    assert.equal(new URL(page.url()).hash, "", "the code is gone from the address");
    assert.equal((await context.cookies()).length, 0);
    assert.ok(faults.some((fault) => fault === `401 of ${server.address}/api/v1/session`), `${faults}`);
    await context.close();
  });

  it("makes a key for the phone, and shows without reload that it works", async () => {
    const { page } = owner;
    await page.evaluate(() => (window.stillThis = true));
    await page.getByText("Waiting for the first request…").waitFor();
    await page.getByRole("button", { name: "Create a key for this phone" }).click();
    await page.getByText("it is shown only once").waitFor();
    key = await card("1. The phone and its key").locator(".snippet code", { hasText: /^he_/ }).textContent();
    await page.getByText("Waiting for owner's phone…").waitFor();
    const answer = await send(steps(STEPS));
    const receipt = await answer.json();
    assert.deepEqual([answer.status, receipt.stored], [200, 1], JSON.stringify(receipt));
    await page.locator(".works").waitFor();
    assert.equal(await page.locator(".works b").textContent(), "It works: 1 sample from Health Auto Export.");
    const first = page.locator(".arrived li").first();
    assert.match(await first.textContent(), /Stored \(200\).*1 received: 1 stored.*Health Auto Export.*“Made up”/);
    assert.equal((await fetch(`${server.address}/api/v1/metrics`, { headers: { "x-api-key": key } })).status, 403, "the phone's key reads nothing");
    assert.deepEqual(noticed(), []);
  });

  it("says of a request without a key what is missing", async () => {
    const { page } = owner;
    assert.equal((await send(steps(1), null)).status, 401);
    const refused = page.locator(".arrived li.refused").first();
    await refused.waitFor();
    assert.match(await refused.textContent(), /Refused \(401\).*no key came/);
    assert.match(await refused.locator(".hint").textContent(), /X-API-Key/);
    assert.equal((await send(steps(1), "he_00000000000000000000000000000000000000000000")).status, 401);
    await page.locator(".arrived li.refused").nth(1).waitFor();
    assert.doesNotMatch(await page.locator(".arrived li.refused").first().textContent(), /no key came/);
    assert.ok(await page.evaluate(() => window.stillThis), "nothing of this has needed a reload");
    assert.deepEqual(noticed(), []);
  });

  it("shows the first number on Today, as the API has it", async () => {
    const { page } = owner;
    await show(page, "today");
    const { tiles } = await ask(page, "/api/v1/today");
    assert.deepEqual(tiles.map((tile) => [tile.metric, tile.value]), [["step_count", STEPS]]);
    const value = page.locator(".tile .value");
    assert.equal(await value.count(), 1);
    assert.equal(await value.getAttribute("data-value"), String(tiles[0].value));
    assert.equal((await value.textContent()).trim(), "4,321");
    assert.match(await page.locator(".sync").textContent(), /last received (just now|\d+ seconds ago).*Made up/);
    assert.deepEqual(noticed(), []);
  });

  it("revokes the phone's key, after which the phone is refused", async () => {
    const { page } = owner;
    await show(page, "settings/keys");
    await page.getByRole("button", { name: "Revoke owner's phone" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: "Keep it" }).click();
    await dialog.waitFor({ state: "hidden" });
    assert.equal((await send(steps(STEPS))).status, 200, "it works as long as nobody has said yes");
    await page.getByRole("button", { name: "Revoke owner's phone" }).click();
    await dialog.getByRole("button", { name: "Revoke", exact: true }).click();
    await page.getByText("1 revoked or expired").waitFor();
    const answer = await send(steps(1));
    assert.equal(answer.status, 401);
    assert.match((await answer.json()).detail, /X-API-Key/);
    await show(page, "today");
    assert.equal(await page.locator(".tile .value").getAttribute("data-value"), String(STEPS), "what was sent stays, what was refused is not there");
    assert.deepEqual(noticed(), []);
  });

  it("ends the session of another browser, which is led to the sign-in", async () => {
    const { page } = owner;
    const { code } = await page.evaluate(async () => (await fetch("/api/v1/codes", { method: "POST", headers: { "content-type": "application/json" }, body: '{"person":"owner"}' })).json());
    const other = await visit(browser, { size: "phone" });
    await signIn(other, `${server.address}/#${code}`);
    await show(page, "today");
    await show(page, "settings/browsers");
    const browsers = card("Signed-in browsers").locator("li");
    assert.equal(await browsers.count(), 2);
    assert.equal(await browsers.filter({ hasText: "(this one)" }).count(), 1);
    await browsers.filter({ hasNotText: "(this one)" }).getByRole("button").click();
    await page.waitForFunction(() => document.querySelectorAll("#settings-browsers li").length === 1);
    await other.page.evaluate(() => (location.hash = "#/today"));
    await other.page.getByRole("heading", { name: "Sign in to health-export" }).waitFor();
    assert.equal((await ask(other.page, "/api/v1/session")).signed_in, false);
    await other.context.close();
    assert.deepEqual(noticed(), []);
  });

  it("signs out, and shows nothing more", async () => {
    const { page } = owner;
    await show(page, "settings/browsers");
    await page.getByRole("button", { name: "Sign out here" }).click();
    await page.getByRole("heading", { name: "Sign in to health-export" }).waitFor();
    assert.equal((await owner.context.cookies()).length, 0, "the cookie is gone");
    await page.evaluate(() => (location.hash = "#/today"));
    assert.equal(await page.locator(".tile").count(), 0);
    await settled(page);
    assert.deepEqual(noticed(), [], "nothing is asked for that only a session may ask");
    assert.equal(await page.evaluate(async () => (await fetch("/api/v1/today")).status), 401);
  });
});
