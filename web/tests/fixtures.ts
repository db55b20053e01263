import AxeBuilder from "@axe-core/playwright";
import { type Browser, test as base, expect, type Page } from "@playwright/test";
import { OWNER, Stage } from "./stage";

type Own = { stage: Stage; cookie: string };

/** `stage`: an installation with an owner, a connected platform and one source with two runs, shared by the tests of a worker.
 * `home`: the page is signed in as the owner, a second factor shown; the path of their account. */
export const test = base.extend<{ quiet: undefined; home: string }, Own>({
  stage: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright wants the pattern
    async ({}, use) => {
      const stage = await Stage.open();
      await stage.makeOwner();
      const source = await stage.makeSource();
      await stage.passDay();
      await stage.backUp(source);
      await use(stage);
      stage.close();
    },
    { scope: "worker" },
  ],
  cookie: [async ({ stage }, use) => use(await stage.enrol()), { scope: "worker" }],
  home: async ({ page, stage, cookie }, use) => {
    const [name, value] = cookie.split("=", 2) as [string, string];
    await page.context().addCookies([{ name, value, url: stage.url, httpOnly: true, sameSite: "Lax" }]);
    const { items } = await stage.ask<{ items: { id: string }[] }>("GET", "/accounts");
    await use(`/a/${items[0]?.id}`);
  },
  // Every test fails on a script error, a refusal by the page's policy, or a request to anybody but our own server.
  quiet: [
    async ({ page }, use) => {
      const wrong: string[] = [];
      page.on("pageerror", (error) => wrong.push(`script error: ${error}`));
      page.on("console", (said) => {
        if (/Content Security Policy|hydrat/i.test(said.text())) wrong.push(said.text());
      });
      page.on("request", (request) => {
        const { protocol, hostname } = new URL(request.url());
        if (protocol.startsWith("http") && !["localhost", "127.0.0.1"].includes(hostname)) wrong.push(`third party: ${request.url()}`);
      });
      await use(undefined);
      expect(wrong).toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };

/** Fills the sign-in form, and shows a code where one is asked for: whether the owner has a second factor depends on which tests came before. */
export async function fillIn(page: Page, stage: Stage, { email, password } = OWNER): Promise<void> {
  await page.getByLabel(/e-mail/i).fill(email);
  await page
    .getByLabel(/password/i)
    .first()
    .fill(password);
  await page.keyboard.press("Enter");
  const code = page.getByLabel("One-time code");
  await expect.poll(async () => !page.url().includes("/sign-in") || (await code.isVisible())).toBe(true);
  if (page.url().includes("/sign-in")) {
    await code.fill(await stage.code());
    await page.keyboard.press("Enter");
  }
  await page.waitForURL((url) => !url.pathname.startsWith("/sign-in"));
  if (page.url().includes("/me/security?next=")) await page.getByRole("link", { name: "Later" }).click();
}

/** Signs in by the form and waits for the account's overview; gives the account's path, `/a/acc_…`. */
export async function signIn(page: Page, stage: Stage, who = OWNER): Promise<string> {
  await page.goto(`${stage.url}/sign-in`);
  await fillIn(page, stage, who);
  await page.waitForURL(/\/a\/acc_\w+/);
  return (new URL(page.url()).pathname.match(/^\/a\/\w+/) as RegExpMatchArray)[0];
}

/** Somebody new follows the link of an invitation; gives their page, and the path of the account that they came into. */
export async function join(
  browser: Browser,
  stage: Stage,
  who: { name: string; email: string; password: string },
): Promise<[Page, string]> {
  const link = (await stage.letter(who.email)).match(/http:\/\/localhost:\d+\/accept-invitation#token=\S+/)?.[0] as string;
  const page = await (await browser.newContext()).newPage();
  await page.goto(link);
  await page.getByText("I am new here").click();
  await page.getByLabel("Your name").fill(who.name);
  await page.getByLabel("Password", { exact: true }).fill(who.password);
  const address = page.getByLabel("E-mail");
  if (await address.count()) await address.first().fill(who.email);
  await page.getByRole("button", { name: /join/i }).click();
  await page.waitForURL(/\/(a\/acc_|sign-in)/);
  if (page.url().includes("sign-in")) await signIn(page, stage, who);
  await page.waitForURL(/\/a\/acc_\w+/);
  return [page, (new URL(page.url()).pathname.match(/^\/a\/\w+/) as RegExpMatchArray)[0]];
}

/** Nothing to find for axe on what is shown now. */
export async function demandAccessible(page: Page, what: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"])
    .analyze();
  const found = violations.map(
    (one) =>
      `${one.id}: ${one.nodes
        .map((node) => node.target.join(" "))
        .slice(0, 3)
        .join(", ")}`,
  );
  expect(found, what).toEqual([]);
}
