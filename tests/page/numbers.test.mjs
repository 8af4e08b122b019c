// The numbers on the page are the API's: each is asked for in the page, written by the page's own rules, and compared.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { load } from "./load.mjs";
import { ask, browserOr, launch, show, signIn, start, visit } from "./support.mjs";

const ZONE = "Europe/Berlin";
const today = () => new Intl.DateTimeFormat("en-CA", { timeZone: ZONE }).format(new Date());
const shift = (day, days) => new Date(Date.parse(day) + days * 86_400_000).toISOString().slice(0, 10);
/** The same day of the month before, or its last one. */
function monthBefore(day) {
  const [year, month, date] = day.split("-").map(Number);
  const last = new Date(Date.UTC(year, month - 1, 0)).getUTCDate();
  return new Date(Date.UTC(year, month - 2, Math.min(date, last))).toISOString().slice(0, 10);
}
const known = (values) => values.filter((value) => value !== null);
const sum = (values) => values.reduce((all, value) => all + value, 0);

describe("numbers", browserOr, () => {
  let server, browser, page, faults, format;
  before(async () => {
    [server, browser, format] = await Promise.all([start("demo"), launch(), load("lib/format.ts")]);
    // The page's rules write numbers as the browser's language has them, and here as this machine's.
    const visitor = await visit(browser, { locale: new Intl.NumberFormat().resolvedOptions().locale });
    [page, faults] = [visitor.page, visitor.faults];
    await signIn(visitor, server.link);
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  const card = (name) => page.locator("section.card", { has: page.getByRole("heading", { name, exact: true }) });
  /** Day by day, without the days that have no data. */
  const days = async (metric, stat, start, end) => (await ask(page, `/api/v1/aggregate/${metric}?bucket=day&stat=${stat}&start=${start}&end=${end}`)).points.map((point) => point[stat]);

  it("each tile of Today has the value, the state and the usual range of the API", async () => {
    for (const fragment of ["today", `today?date=${shift(today(), -3)}`]) {
      await show(page, fragment);
      const { tiles } = await ask(page, `/api/v1/today${fragment.slice("today".length)}`);
      const shown = await page.locator(".tile").evaluateAll((all) => all.map((tile) => {
        const value = tile.querySelector(".value");
        return { metric: value.dataset.metric, value: value.dataset.value, text: value.textContent.trim(), state: tile.querySelector(".state").className, words: tile.querySelector(".state").textContent };
      }));
      assert.ok(tiles.length >= 10, `${tiles.length} tiles`);
      assert.deepEqual(shown.map(({ metric, value, state }) => [metric, value, state]), tiles.map(({ metric, value, state }) => [metric, value === null ? "" : String(value), `state ${state}`]), fragment);
      for (const [at, { kind, unit, value, usual, metric }] of tiles.entries()) {
        const inMinutes = kind === "sleep" || unit === "min";
        const write = (one) => (inMinutes ? format.minutes(one) : format.number(one));
        if (value !== null) assert.equal(shown[at].text, inMinutes ? write(value) : `${write(value)} ${format.unitOf(metric, unit)}`.trim(), metric);
        if (value !== null && usual) assert.ok(shown[at].words.includes(`usually ${write(usual.low)} to ${write(usual.high)}`), `${metric}: ${shown[at].words}`);
      }
    }
  });

  it("the sentence on steps in a month is the mean of the days", async () => {
    await show(page, "activity?range=M");
    const end = shift(today(), 1);
    const values = await days("step_count", "sum", monthBefore(end), end);
    assert.ok(values.length >= 28, `${values.length} days`);
    assert.equal(await card("Steps").locator("header .muted").textContent(), `${format.number(sum(values) / values.length)} a day on average, over ${values.length} days with data`);
  });

  it("a past week ends where its address says", async () => {
    const end = shift(today(), -20);
    await show(page, `activity?range=W&end=${end}`);
    const hours = (await ask(page, `/api/v1/aggregate/step_count?bucket=hour&stat=sum&start=${shift(end, -7)}&end=${end}`)).points;
    const all = sum(hours.map((point) => point.sum));
    assert.equal(await card("Steps").locator("header .muted").textContent(), `${format.number(all)} in all`);
    assert.equal(Math.round(all), Math.round(sum(await days("step_count", "sum", shift(end, -7), end))), "hours and days come to the same");
  });

  it("there are as many workouts in the list as the API has", async () => {
    await show(page, "workouts?range=All");
    const { workouts, next_cursor } = await ask(page, "/api/v1/workouts?limit=1000");
    assert.ok(workouts.length > 50 && !next_cursor, `${workouts.length} workouts`);
    await card(format.count(workouts.length, "workout")).waitFor({ timeout: 5000 });
    for (const more = page.getByRole("button", { name: /^Show \d+ more$/ }); await more.count();) await more.click();
    const links = await page.locator("td.name a").evaluateAll((all) => all.map((link) => link.getAttribute("href").split("/").at(-1).split("?")[0]));
    assert.deepEqual(links.map(decodeURIComponent).sort(), workouts.map(({ id }) => id).sort());
  });

  it("last night's sleep is the API's", async () => {
    await show(page, "sleep");
    const { nights: [night] } = await ask(page, "/api/v1/sleep?order=desc&limit=1");
    assert.ok(night.asleep_minutes > 60, JSON.stringify(night));
    assert.equal(await page.locator(".lead b").first().textContent(), format.minutes(night.asleep_minutes));
    await show(page, `sleep/${shift(night.date, -1)}`);
    const { nights: [before] } = await ask(page, `/api/v1/sleep?start=${shift(night.date, -1)}&end=${night.date}`);
    assert.notEqual(before.asleep_minutes, night.asleep_minutes);
    assert.equal(await page.locator(".lead b").first().textContent(), format.minutes(before.asleep_minutes));
  });

  it("the explorer's words on a total are the API's", async () => {
    const end = shift(today(), 1);
    await show(page, "metric/step_count?range=M");
    const all = await days("step_count", "sum", monthBefore(end), end);
    const done = await days("step_count", "sum", monthBefore(end), today());
    assert.equal(await page.locator(".words .lead").textContent(), `${format.number(sum(done) / done.length)} a day on average; ${format.number(sum(all))} in all, on ${all.length} days with data.`);
    await show(page, "metric/step_count?range=All");
    const years = (await ask(page, "/api/v1/aggregate/step_count?bucket=year&stat=sum")).points;
    const words = await page.locator(".words .lead").textContent();
    assert.ok(words.includes(`; ${format.number(sum(years.map((point) => point.sum)))} in all, on `), words);
  });

  it("the explorer's words on what is measured are the API's for the whole stretch, not a mean of means", async () => {
    const end = shift(today(), 1);
    await show(page, "metric/heart_rate?range=M");
    const { points: [{ avg, min, max }] } = await ask(page, `/api/v1/aggregate/heart_rate?bucket=all&start=${monthBefore(end)}&end=${end}`);
    assert.equal(await page.locator(".words .lead").textContent(), `${format.number(avg)} bpm on average, between ${format.number(min)} bpm and ${format.number(max)} bpm.`);
    const years = (await ask(page, "/api/v1/aggregate/heart_rate?bucket=year&stat=avg")).points;
    await page.locator(".topic > :nth-child(3)").scrollIntoViewIfNeeded();
    await card("Year by year").locator("tbody tr").first().waitFor();
    const cells = await card("Year by year").locator(".month-table td:last-child").allTextContents();
    assert.deepEqual(cells, years.map(({ avg }) => format.number(avg)).reverse());
  });

  it("a day has one number on Today, on its card, on its own page and in its explanation", async () => {
    const day = shift(today(), -2);
    const range = `range=D&end=${shift(day, 1)}`;
    const told = (name) => card(name).locator("header .muted").textContent();
    for (const [metric, stat, name, screen] of [["heart_rate", "avg", "Heart rate", "heart"], ["step_count", "sum", "Steps", "activity"], ["resting_heart_rate", "avg", "Resting heart rate", "heart"]]) {
      const { points: [point], unit } = await ask(page, `/api/v1/aggregate/${metric}?bucket=day&start=${day}&end=${shift(day, 1)}`);
      const written = `${format.number(point[stat])} ${format.unitOf(metric, unit)}`.trim();
      await show(page, `today?date=${day}`);
      assert.equal((await page.locator(`.value[data-metric=${metric}]`).textContent()).trim(), written, `${metric} of Today`);
      await show(page, `${screen}?${range}`);
      assert.ok((await told(name)).startsWith(`${written} `), `${metric} on its card: ${await told(name)}`);
      await show(page, `metric/${metric}?${range}`);
      await page.locator(".words .lead").waitFor();
      assert.ok((await page.locator(".words .lead").textContent()).startsWith(`${written} `), `${metric} on its page`);
      const { value } = await ask(page, `/api/v1/explain/${metric}?date=${day}`);
      assert.equal(format.number(value), format.number(point[stat]), `${metric} explained`);
    }
  });

  it("every day's value in the table of a chart is the API's", async () => {
    const end = shift(today(), 1);
    await show(page, "metric/active_energy?range=M");
    await card("By day").locator("summary").click();
    await card("By day").locator("tbody tr").first().waitFor();
    const cells = await card("By day").locator("tbody tr").evaluateAll((rows) => rows.map((row) => row.lastElementChild.textContent));
    const values = await days("active_energy", "sum", monthBefore(end), end);
    assert.deepEqual(known(cells.map((cell) => (/\d/.test(cell) ? cell : null))), values.map((value) => `${format.number(value)} kcal`));
  });

  it("and nothing else was wrong meanwhile", () => assert.deepEqual(faults, []));
});
