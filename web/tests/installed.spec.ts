import { expect, test } from "./fixtures";

test("the app can be installed, opens without a network at any address, and shows nothing that was read earlier", async ({
  page,
  stage,
  home,
}) => {
  const [source] = (await stage.ask<{ items: { id: string }[] }>("GET", "/sources")).items;
  await page.goto(`${stage.url}${home}/sources`);
  await expect(page.getByRole("link", { name: "CRM" }).first()).toBeVisible();
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  const session = await page.context().newCDPSession(page);
  const { installabilityErrors } = await session.send("Page.getInstallabilityErrors");
  expect(installabilityErrors.filter(({ errorId }) => errorId !== "in-incognito")).toEqual([]);

  await page.context().setOffline(true);
  await page.getByRole("navigation").getByRole("link", { name: "Exports" }).click();
  await expect(page.getByRole("main").getByText("The server cannot be reached").first()).toBeVisible({ timeout: 20_000 });
  await page.goto(`${stage.url}${home}/sources/${source?.id}?tab=schedule`);
  await expect(page.getByText("The server cannot be reached").first()).toBeVisible();
  await expect(page.getByText("CRM", { exact: true })).toHaveCount(0);
  await page.context().setOffline(false);
  await expect(page.getByRole("heading", { level: 1, name: "CRM" })).toBeVisible({ timeout: 30_000 });
});

test("the report is printed as a paper: no navigation, no buttons, no source torn apart", async ({ page, stage, home }) => {
  await page.goto(`${stage.url}${home}/report`);
  await expect(page.getByRole("heading", { level: 3, name: "CRM" })).toBeVisible();
  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  await expect(page.getByRole("navigation")).toHaveCount(0);
  await expect(page.getByRole("button")).toHaveCount(0);
  const ground = await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  expect(Number(ground.match(/lab\(([\d.]+)/)?.[1] ?? 100), ground).toBeGreaterThan(90);
});
