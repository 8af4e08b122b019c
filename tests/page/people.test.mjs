// A person who is added, removed and brought back on the page.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { ask, browserOr, folder, launch, show, signIn, start, visit } from "./support.mjs";

describe("people", browserOr, () => {
  let server, browser, data, page, faults;
  before(async () => {
    data = folder();
    [server, browser] = await Promise.all([start("serve", "--data-dir", data.path), launch()]);
    const visitor = await visit(browser);
    [page, faults] = [visitor.page, visitor.faults];
    await signIn(visitor, server.link);
    await show(page, "settings");
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
    data.remove();
  });

  const dialog = () => page.getByRole("dialog");
  const button = (name) => page.getByRole("button", { name, exact: true });
  const people = async () => (await ask(page, "/api/v1/people")).people;

  it("adds one, whom nobody removes by one click", async () => {
    await button("Add a person").click();
    await dialog().getByLabel("Their name").fill("Ada");
    await dialog().getByRole("button", { name: "Save" }).click();
    await button("Remove Ada").waitFor();
    assert.equal(await page.getByRole("button", { name: /^Remove / }).count(), 1, "nobody removes themselves");
    await button("Remove Ada").click();
    assert.match(await dialog().textContent(), /health-export export --all --user "Ada"/, "a download is offered first");
    const remove = dialog().getByRole("button", { name: "Remove" });
    assert.ok(await remove.isDisabled());
    await dialog().getByLabel("To confirm, write Ada").fill("ada");
    assert.ok(await remove.isDisabled(), "it is not the name");
    await dialog().getByRole("button", { name: "Cancel" }).click();
    await dialog().waitFor({ state: "hidden" });
    assert.deepEqual((await people()).map(({ removed_at }) => removed_at), [undefined, undefined]);
    assert.deepEqual(faults, []);
  });

  it("removes them when their name is written, and brings them back", async () => {
    await button("Remove Ada").click();
    await dialog().getByLabel("To confirm, write Ada").fill("Ada");
    await dialog().getByRole("button", { name: "Remove" }).click();
    await page.getByText("Removed; everything is destroyed on").waitFor();
    assert.ok((await people())[1].removed_at);
    assert.equal(await button("Link for Ada").count(), 0);
    await button("Bring Ada back").click();
    await button("Link for Ada").waitFor();
    assert.equal((await people())[1].removed_at, undefined);
    assert.deepEqual(faults, []);
  });
});
