// Pictures of every screen with the made-up person, in both sizes, light and dark: node tests/page/screenshots.mjs FOLDER [SCREEN...]

import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { launch, SCREENS, settled, show, signIn, SIZES, start, visit } from "./support.mjs";

const [folder = "target/screenshots", ...wanted] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
/** What is below is asked for when it comes into view. */
async function scrollThrough(page) {
  for (const share of [0.5, 1, 0.5, 1, 0]) {
    await page.evaluate((to) => scrollTo(0, to * document.documentElement.scrollHeight), share);
    await settled(page);
  }
}

const [server, browser] = await Promise.all([start("demo"), launch()]);
try {
  const first = await visit(browser);
  await signIn(first, server.link);
  const storageState = await first.context.storageState();
  for (const size of Object.keys(SIZES)) {
    for (const colorScheme of ["light", "dark"]) {
      const { page, open, context, faults } = await visit(browser, { size, colorScheme, storageState });
      await open(server.address);
      for (const [name, fragment] of Object.entries(SCREENS).filter(([name]) => !wanted.length || wanted.includes(name))) {
        await show(page, fragment);
        await scrollThrough(page);
        await page.screenshot({ path: join(folder, `${name}-${size}-${colorScheme}.png`), fullPage: true });
      }
      faults.forEach((fault) => console.error(`${size} ${colorScheme}: ${fault}`));
      await context.close();
    }
  }
} finally {
  await browser.close();
  await server.stop();
}
