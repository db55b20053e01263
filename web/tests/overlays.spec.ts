import type { Page } from "@playwright/test";
import { demandAccessible, expect, test } from "./fixtures";
import { everyScreen } from "./screens";

// What lies over a screen while it is open, in both themes: nothing for axe to find there either.
async function demandOpen(page: Page, what: string) {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await demandAccessible(page, `${what} (${colorScheme})`);
  }
}

test("palette, its pages, the sheet of keys and the person's menu", async ({ page, stage, home }) => {
  await page.goto(stage.url + home);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  for (const typed of ["", "crm", "nothing is called so"]) {
    await page.keyboard.press("Control+k");
    await expect(page.getByRole("dialog")).toBeVisible();
    if (typed) await page.keyboard.type(typed);
    await demandOpen(page, `palette “${typed}”`);
    await page.keyboard.press("Escape");
    await expect(page.getByRole("dialog")).toHaveCount(0);
  }
  await page.getByRole("button", { name: /switch/i }).click();
  await expect(page.getByRole("dialog")).toBeVisible();
  await demandOpen(page, "accounts");
  await page.keyboard.press("Escape");
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog")).toBeVisible();
  await demandOpen(page, "keys");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: /ada@example.com/ }).click();
  await expect(page.getByRole("button", { name: "Sign out" })).toBeVisible();
  await demandOpen(page, "the person's menu");
});

test("the navigation of a narrow screen", async ({ page, stage, home }) => {
  await page.setViewportSize({ width: 360, height: 780 });
  await page.goto(stage.url + home);
  await page.getByRole("button", { name: "Menu", exact: true }).click();
  await expect(page.getByRole("navigation").getByRole("link", { name: "Sources" })).toBeVisible();
  await demandOpen(page, "navigation");
});

// the screen, and the button on it that opens a dialog or a sheet at the side
const DIALOGS: readonly [screen: string, button: RegExp][] = [
  ["accounts", /new client account/i],
  ["people", /^invite$/i],
  ["api-keys", /new key|new api key/i],
  ["activity", /^verify/i],
  ["activity", /details of line/i],
  ["exports", /new export/i],
  ["system", /maintenance/i],
];

test("dialogs and sheets", async ({ page, stage, home }) => {
  test.setTimeout(240_000);
  const screens = await everyScreen(stage, home);
  for (const [name, button] of DIALOGS) {
    await page.goto(stage.url + screens.find((one) => one.name === name)?.path);
    await page.getByRole("main").getByRole("button", { name: button }).first().click();
    await expect(page.getByRole("dialog").or(page.getByRole("alertdialog")).first(), name).toBeVisible();
    await demandOpen(page, `${name} ${button}`);
    await page.keyboard.press("Escape");
    await expect(page.getByRole("dialog"), name).toHaveCount(0);
  }
});

const MENUS: readonly [screen: string, button: RegExp][] = [
  ["activity", /^export/i],
  ["connection", /more/i],
  ["source", /more|other ways/i],
  ["browse", /^columns$/i],
  ["api-keys", /^actions for|^acts/i],
];

test("menus and what hangs from a button", async ({ page, stage, home }) => {
  test.setTimeout(240_000);
  const screens = await everyScreen(stage, home);
  for (const [name, button] of MENUS) {
    await page.goto(stage.url + screens.find((one) => one.name === name)?.path);
    await page.getByRole("main").getByRole("button", { name: button }).first().click();
    await expect(page.getByRole("menu").or(page.getByRole("dialog")).first(), name).toBeVisible();
    await demandOpen(page, `${name} ${button}`);
  }
});

test("a toast that offers to take back what was done", async ({ page, stage, home }) => {
  await page.goto(`${stage.url}${home}/people`);
  await page.getByRole("button", { name: "Invite", exact: true }).first().click();
  await page
    .getByRole("dialog")
    .getByLabel("E-mail address")
    .fill(`tom${Date.now() % 100_000}@example.org`);
  await page.getByRole("dialog").getByRole("button", { name: "Send invitation" }).click();
  await expect(page.locator("[data-sonner-toast]").first()).toBeVisible();
  await demandOpen(page, "toast");
});
