import { mkdirSync } from "node:fs";
import type { Page } from "@playwright/test";
import { demandAccessible, expect, test } from "./fixtures";
import { everyScreen, type Screen } from "./screens";
import type { Stage } from "./stage";

// What is demanded of every screen: nothing for axe to find in either theme, nothing beside the screen at 320 px, a title, a heading.
// With SCREENS=docs/screens it keeps a picture of each at three widths.
const WIDTHS = [360, 768, 1440];
const folder = process.env.SCREENS ? new URL(`../../${process.env.SCREENS}/`, import.meta.url).pathname : null;

async function show(page: Page, stage: Stage, screen: Screen): Promise<void> {
  await page.goto(stage.url + screen.path);
  await expect(page.getByRole("heading", { level: 1 }).first()).toBeVisible();
  await expect(page.getByLabel("Loading", { exact: true })).toHaveCount(0);
  await expect(page.locator("main div.animate-pulse"), "a skeleton of what is loaded later").toHaveCount(0);
}

for (const theme of ["light", "dark"] as const)
  test(`every screen in the ${theme} theme: nothing for axe to find, a title and one first heading`, async ({ page, stage, home }) => {
    test.setTimeout(420_000);
    await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
    for (const screen of await everyScreen(stage, home)) {
      await test.step(screen.name, async () => {
        await show(page, stage, screen);
        await demandAccessible(page, `${screen.name} (${theme})`);
        expect.soft(await page.title(), screen.name).toMatch(/ListBackup/);
        expect.soft(await page.getByRole("heading", { level: 1 }).count(), screen.name).toBe(1);
      });
    }
  });

test("no screen is wider than a phone of 320 px", async ({ page, stage, home }) => {
  test.setTimeout(300_000);
  await page.setViewportSize({ width: 320, height: 640 });
  for (const screen of await everyScreen(stage, home)) {
    await show(page, stage, screen);
    expect.soft(await page.evaluate(() => document.documentElement.scrollWidth), screen.name).toBeLessThanOrEqual(320);
  }
});

test("pictures of every screen", async ({ page, stage, home }) => {
  test.skip(folder === null, "SCREENS names no folder");
  test.setTimeout(900_000);
  mkdirSync(folder as string, { recursive: true });
  for (const screen of await everyScreen(stage, home))
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: width < 600 ? 780 : 900 });
      for (const theme of width === 1440 ? (["light", "dark"] as const) : (["light"] as const)) {
        await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
        await show(page, stage, screen);
        await page.screenshot({
          path: `${folder}${screen.name}-${width}${theme === "dark" ? "-dark" : ""}.jpg`,
          type: "jpeg",
          quality: 60,
        });
      }
    }
});
