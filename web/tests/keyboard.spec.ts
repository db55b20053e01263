import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures";
import { OWNER } from "./stage";

// The main journey without a pointer. `reach` presses Tab until what is wanted has the focus, as a person would.
async function reach(page: Page, name: RegExp, most = 60): Promise<void> {
  for (let presses = 0; presses < most; presses++) {
    const here = await page.evaluate(() => {
      const at = document.activeElement as HTMLElement | null;
      const label = at?.getAttribute("aria-label") ?? (at as HTMLInputElement | null)?.labels?.[0]?.textContent ?? at?.textContent ?? "";
      return label.trim();
    });
    if (name.test(here)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`${name} was not reached by Tab`);
}

test("sign in by keyboard alone", async ({ page, stage }) => {
  await page.goto(`${stage.url}/sign-in`);
  await reach(page, /^e-mail/i);
  await page.keyboard.type("nobody@example.com");
  await reach(page, /^password/i);
  await page.keyboard.type(OWNER.password);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("main").getByRole("alert").first()).toBeVisible();
});

test("the palette leads to a source, and a backup starts from there", async ({ page, stage, home }) => {
  await page.goto(stage.url + home);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await page.keyboard.press("Control+k");
  await expect(page.getByRole("dialog")).toBeVisible();
  await page.keyboard.type("CRM");
  await expect(page.getByRole("option", { name: /CRM/ }).first()).toBeVisible();
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/(sources|runs)\/\w+/);
  if (page.url().includes("/sources/")) {
    await reach(page, /^back up now/i);
    await page.keyboard.press("Enter");
  }
  await expect(page.getByText(/backing up|queued|running|succeeded|done/i).first()).toBeVisible();
});

test("a record is found at a moment, and its restore is planned", async ({ page, stage, home }) => {
  await page.goto(`${stage.url}${home}/sources`);
  await reach(page, /^CRM$/);
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/sources\/src_/);
  await reach(page, /^snapshots/i, 80);
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/snapshots/);
  await reach(page, /^contacts$/i, 120);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("grid")).toBeVisible();
  for (let presses = 0; presses < 80 && !(await page.evaluate(() => document.activeElement?.getAttribute("role") === "grid")); presses++)
    await page.keyboard.press("Tab");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/records\?/);
  await reach(page, /^restore$/i, 80);
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/restores\/new/);
  await expect(page.getByText("Left as they are").first()).toBeVisible({ timeout: 20_000 });
});

test("somebody is invited by keyboard alone, and the dialog gives the focus back", async ({ page, stage, home }) => {
  await page.goto(`${stage.url}${home}/people`);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await reach(page, /^invite$/i, 80);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("dialog")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Invite", exact: true }).first()).toBeFocused();
  await page.keyboard.press("Enter");
  await reach(page, /^e-mail address/i);
  const email = `kay${Date.now() % 100_000}@example.org`;
  await page.keyboard.type(email);
  await reach(page, /^send invitation/i);
  await page.keyboard.press("Enter");
  await expect(page.getByText(email).first()).toBeVisible();
});

test("a platform is connected by keyboard alone", async ({ page, stage, home }) => {
  await page.goto(stage.url + home);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await page.keyboard.press("Control+k");
  await expect(page.getByRole("dialog")).toBeVisible();
  await page.keyboard.type("connect a platform");
  await expect(page.getByRole("option", { name: /connect/i }).first()).toBeVisible();
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/connections\/new/);
  await expect(page.getByRole("button", { name: /Demo CRM/ })).toBeVisible();
  await reach(page, /^(DC)?Demo CRM/);
  await page.keyboard.press("Enter");
  await page.waitForURL(/platform=demo-crm/);
  await expect(page.getByLabel("Address")).toBeVisible();
  await reach(page, /^address/i);
  await page.keyboard.type(stage.saas.base_url);
  await reach(page, /^token/i);
  await page.keyboard.type(stage.saas.token);
  await reach(page, /^test and connect/i);
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/connections\/con_/);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
});

test("somebody is searched for as of a date, by keyboard alone", async ({ page, stage, home }) => {
  const [source] = (await stage.ask<{ items: { id: string }[] }>("GET", "/sources")).items;
  const [snapshot] = (await stage.ask<{ items: { id: string }[] }>("GET", `/sources/${source?.id}/snapshots`)).items;
  const [someone] = (
    await stage.ask<{ items: { record: { email: string } }[] }>("GET", `/snapshots/${snapshot?.id}/streams/contacts/records?limit=1`)
  ).items;
  await page.goto(stage.url + home);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await page.keyboard.press("/");
  await page.waitForURL(/\/search/);
  await reach(page, /^a word, name/i);
  await page.keyboard.type(someone?.record.email ?? "");
  await page.keyboard.press("Enter");
  const found = page.getByRole("main").getByRole("region", { name: "CRM" });
  await expect(found.getByRole("link").first()).toBeVisible();
  // month, day, year, hour, minute: as the browser's own field takes them; nobody had been copied by then
  await reach(page, /^as of/i);
  await page.keyboard.type("01022020");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.type("0930AM");
  await page.waitForURL(/at=2020-01-02/);
  await expect(found).toHaveCount(0);
  // the year alone is changed, digit by digit
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.type("2021");
  await page.waitForURL(/at=2021-01-02/);
  await reach(page, /^now/i);
  await page.keyboard.press("Enter");
  await expect(found.getByRole("link").first()).toBeVisible();
});
