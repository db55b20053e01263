import { demandAccessible, expect, fillIn, signIn, test } from "./fixtures";
import { Stage } from "./stage";

test("who is not signed in is led to the sign-in page and back to where they wanted to go", async ({ page, stage }) => {
  const home = await signIn(page, stage);
  await page.context().clearCookies();
  await page.goto(`${stage.url}${home}/sources?q=crm`);
  await page.waitForURL(/\/sign-in\?next=/);
  await fillIn(page, stage);
  await page.waitForURL(`${stage.url}${home}/sources?q=crm`);
});

test("a wrong password is said in one sentence, and nothing of the form is lost", async ({ page, stage }) => {
  await page.goto(`${stage.url}/sign-in`);
  await page.getByLabel(/e-mail/i).fill("ada@example.com");
  await page
    .getByLabel(/password/i)
    .first()
    .fill("not the password");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("main").getByRole("alert").first()).toBeVisible();
  await expect(page.getByLabel(/e-mail/i)).toHaveValue("ada@example.com");
  await demandAccessible(page, "sign-in with an error");
});

test("an address that leads nowhere is answered 404 with a way back", async ({ page, stage }) => {
  const answer = await page.goto(`${stage.url}/no/such/page`);
  expect(answer?.status()).toBe(404);
  await expect(page.getByRole("link", { name: /overview/i })).toBeVisible();
});

test("who opens an installation that nobody owns is led to its set-up without being asked to sign in", async ({ page }) => {
  const stage = await Stage.open({ records: 10 });
  try {
    await page.addInitScript(() => {
      const seen: string[] = [];
      Object.assign(window, { seen });
      new MutationObserver(() => {
        const title = document.querySelector("h1")?.textContent;
        if (title && seen.at(-1) !== title) seen.push(title);
      }).observe(document, { childList: true, subtree: true, characterData: true });
    });
    await page.goto(stage.url);
    await page.waitForURL(`${stage.url}/set-up`);
    await expect(page.getByLabel("Set-up code")).toBeVisible();
    expect(await page.evaluate(() => (window as unknown as { seen: string[] }).seen)).toEqual([
      await page.getByRole("heading", { level: 1 }).textContent(),
    ]);
  } finally {
    stage.close();
  }
});
