import { demandAccessible, expect, fillIn, signIn, test } from "./fixtures";

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
