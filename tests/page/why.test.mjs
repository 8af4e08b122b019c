// "Why this number?": a line under the chart of a day that opens what counts, in words that can be checked on the phone.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, describe, it } from "node:test";

import { load } from "./load.mjs";
import { keyOf, metric, post } from "./phone.mjs";
import { ask, browserOr, folder, launch, settled, show, signIn, SIZES, start, visit } from "./support.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const DAY = "2026-03-02";
const RANGE = "range=D&end=2026-03-03";

describe("why this number", browserOr, () => {
  let server, browser, data, page, faults, key, format;
  before(async () => {
    data = folder();
    [server, browser, format] = await Promise.all([start("serve", "--data-dir", data.path), launch(), load("lib/format.ts")]);
    const visitor = await visit(browser, { locale: new Intl.NumberFormat().resolvedOptions().locale });
    [page, faults] = [visitor.page, visitor.faults];
    await signIn(visitor, server.link);
    key = await keyOf(page);
    await send(metric("step_count", "count", Array.from({ length: 50 }, (_, at) => [`${DAY}T${String(9 + Math.floor(at / 10)).padStart(2, "0")}:${String(at % 10 * 5).padStart(2, "0")}:07Z`, 100])), {});
    await send(days(6100), { "automation-aggregation": "Days", "automation-period": "Previous 7 Days", "automation-id": "days", "session-id": "1" });
    await send(days(6000), { "automation-aggregation": "Days", "automation-period": "Previous 7 Days", "automation-id": "days", "session-id": "2" });
    await send(night("22:50"), { "automation-period": "Custom", "automation-id": "sleep", "session-id": "3" });
    await send(night("23:30"), { "automation-period": "Custom", "automation-id": "sleep", "session-id": "4" });
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
    data.remove();
  });

  const send = async (body, headers) => {
    const answer = await post(server.address, key, body, headers);
    assert.equal(answer.status, 200, await answer.clone().text());
    return answer.json();
  };
  /** The phone's own total, as a time-grouping by days writes it. */
  const days = (total) => ({ data: { metrics: [{ name: "step_count", units: "count", data: [{ date: `${DAY} 00:00:00 +0100`, qty: total, source: "Watch|iPhone" }] }] } });
  const night = (from) => ({ data: { metrics: [{ name: "sleep_analysis", units: "hr", data: [{ startDate: `${DAY} ${from}:00 +0100`, endDate: "2026-03-03 07:00:00 +0100", value: "Core", qty: 8, source: "Watch" }] }] } });
  const line = () => page.locator(".why > summary");
  const open = async () => {
    await line().focus();
    await page.keyboard.press("Enter");
    await page.locator(".why p").first().waitFor();
    await settled(page);
  };
  const explained = (name) => ask(page, `/api/v1/explain/${name}?date=${DAY}`);

  it("opens by the keyboard, and says what counts, what does not, and what was replaced", async () => {
    await show(page, `metric/step_count?${RANGE}`);
    assert.equal(await line().textContent(), "Why this number?");
    await open();
    const answer = await explained("step_count");
    assert.equal(answer.value, 6000, JSON.stringify(answer));
    const text = (await page.locator(".why").textContent()).replaceAll("\u00a0", " ");
    assert.ok(text.includes(format.number(6000)) && text.includes("the phone's own total of the day, sent after it ended"), text);
    assert.ok(text.includes("the whole day") && text.includes("Watch, iPhone, 1 day"), text);
    assert.match(text, /What does not count \(\d+\)/);
    assert.match(text, /What each would say alone.*The phone's day6,000/);
    assert.match(text, /What later deliveries have replaced.*6,100.*replaced by what was received/);
    assert.match(text, /Health app → Search → Steps → D/);
    const [row] = await page.locator(".why section table tbody tr").all();
    assert.equal(await row.locator("td").nth(3).textContent(), format.number(6000));
    await row.getByRole("link").click();
    await page.getByRole("heading", { name: "What was in it" }).waitFor();
    assert.ok(page.url().endsWith(`data/deliveries/${answer.claims.find(({ counted }) => counted > 0).delivery}`), page.url());
    assert.deepEqual(faults, []);
  });

  it("tells a night in hours, with what has replaced what", async () => {
    await show(page, "sleep/2026-03-03");
    await open();
    const text = await page.locator(".why").textContent();
    assert.match(text, /: 7 h 30 min asleep/);
    assert.match(text, /What later deliveries have replaced.*8 h 10 min.*replaced by what was received/);
    assert.match(text, /Health app → Search → Sleep → D/);
    assert.deepEqual(faults, []);
  });

  it("is on the card of a day too, and nowhere where there is more than a day or one source alone", async () => {
    await show(page, `activity?${RANGE}`);
    assert.equal(await line().count(), 1);
    for (const fragment of ["activity?range=M", "metric/step_count?range=W&end=2026-03-04", `metric/step_count?${RANGE}&source=Watch`]) {
      await show(page, fragment);
      assert.equal(await line().count(), 0, fragment);
    }
  });

  it("shows the number of a day of which only that is known", async () => {
    await send({ data: { metrics: [{ name: "apple_exercise_time", units: "min", data: [{ date: `${DAY} 00:00:00 +0100`, qty: 42 }] }] } }, { "automation-aggregation": "Days", "automation-period": "Previous 7 Days", "automation-id": "days", "session-id": "5" });
    await show(page, `activity?${RANGE}`);
    const card = page.locator("section.card", { has: page.getByRole("heading", { name: "Exercise", exact: true }) });
    assert.equal(await card.locator("header .muted").textContent(), "42 min in all");
    assert.equal(await card.locator(".empty").textContent(), "Only the number of the day is known, not how it came about.");
    assert.equal(await card.locator(".why").count(), 1);
  });

  it("fits a small phone, and holds what axe asks for", async () => {
    for (const colorScheme of ["light", "dark"]) {
      await page.setViewportSize(SIZES.phone);
      await page.emulateMedia({ colorScheme });
      for (const fragment of [`metric/step_count?${RANGE}`, "sleep/2026-03-03"]) {
        await show(page, "today");
        await show(page, fragment);
        await open();
        for (const more of await page.locator(".why details > summary").all()) await more.click();
        const { wide, screen } = await page.evaluate(() => ({ wide: document.documentElement.scrollWidth, screen: innerWidth }));
        assert.ok(wide <= screen, `${fragment} is ${wide} wide on a screen of ${screen}`);
        await page.evaluate(AXE);
        const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
        assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => node.target).join(", ")}`), [], `${fragment}, ${colorScheme}`);
      }
    }
    assert.deepEqual(faults, []);
  });
});
