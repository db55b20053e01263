import type { Page, Request, Route } from "@playwright/test";
import { demandAccessible, expect, join, test } from "./fixtures";
import { everyScreen } from "./screens";

// Each screen of an account with nothing in it, without a server, refused, and failing: it says so, and the way out.
const NOT_ASKING = ["profile", "security"]; // what they show is the session's

// What the shell itself needs, so that the screen is reached at all.
const isShell = (url: string) => /\/v2\/(auth\/|users\/me|events|accounts\/acc_\w+$)/.test(url);

// what is asked for is long enough for a body, here and there
const isReading = (request: Request) => request.method() === "GET" || /\/(search|preview)$/.test(request.url());

async function answering(page: Page, answer: (route: Route) => Promise<void>) {
  await page.route(/\/v2\//, (route) => (isShell(route.request().url()) || !isReading(route.request()) ? route.continue() : answer(route)));
}

const problem = (status: number, code: string, title: string) => (route: Route) =>
  route.fulfill({
    status,
    contentType: "application/problem+json",
    body: JSON.stringify({ type: `urn:x:${code}`, title, status, code, detail: title, errors: [] }),
  });

const cases = [
  { name: "refused", answer: problem(403, "not_allowed", "you may not"), says: /may not see this/i },
  { name: "failing", answer: problem(500, "internal", "Something broke in the middle"), says: /something broke/i },
  { name: "without a server", answer: (route: Route) => route.abort("connectionrefused"), says: /cannot be reached/i },
];

for (const { name, answer, says } of cases)
  test(`every screen ${name} says so and how to go on`, async ({ page, stage, home }) => {
    test.setTimeout(240_000);
    const screens = (await everyScreen(stage, home)).filter((one) => !one.isOpen && !NOT_ASKING.includes(one.name));
    await answering(page, answer);
    for (const screen of screens) {
      await page.goto(stage.url + screen.path);
      await expect.soft(page.getByText(says).first(), screen.name).toBeVisible({ timeout: 20_000 });
      await expect.soft(page.getByRole("heading", { level: 1 }), screen.name).toHaveCount(1);
    }
    await demandAccessible(page, name);
  });

test("every screen of an account with nothing in it says what it is for", async ({ page, stage, home }) => {
  test.setTimeout(240_000);
  const parent = home.split("/")[2];
  const cookie = { account: parent as string };
  const made = await stage.ask<{ id: string }>("POST", `/accounts/${cookie.account}/sub-accounts`, { name: `Empty ${Date.now()}` });
  const empty = `/a/${made.id}`;
  for (const rest of [
    "",
    "/connections",
    "/sources",
    "/runs",
    "/search",
    "/restores",
    "/exports",
    "/files",
    "/erasures",
    "/accounts",
    "/people",
    "/api-keys",
    "/activity",
    "/report",
  ]) {
    await page.goto(stage.url + empty + rest);
    await expect(page.getByRole("heading", { level: 1 }).first()).toBeVisible();
    await expect(page.getByLabel("Loading", { exact: true })).toHaveCount(0);
    await expect.soft(page.getByRole("main").getByRole("alert"), rest).toHaveCount(0);
    await demandAccessible(page, `empty ${rest}`);
  }
});

test("a cut line is told, what was read stays, and the page goes on by itself when the line is back", async ({ page, stage, home }) => {
  await page.goto(`${stage.url}${home}/sources`);
  await expect(page.getByRole("link", { name: "CRM" }).first()).toBeVisible();
  await page.context().setOffline(true);
  await expect(page.getByText(/offline|cannot be reached|not connected/i).first()).toBeVisible({ timeout: 30_000 });
  await expect(page.getByRole("link", { name: "CRM" }).first()).toBeVisible();
  await page.context().setOffline(false);
  await expect(page.getByText(/you are offline/i)).toHaveCount(0, { timeout: 30_000 });
});

test("who may not hear what happens does not ask for it again", async ({ page, stage, home, browser }) => {
  const account = home.split("/")[2] as string;
  const role = await stage.ask<{ id: string }>("POST", "/roles", {
    name: `Clerks ${Date.now()}`,
    permissions: ["accounts:read", "sources:read"],
  });
  const who = { name: "Cleo", email: `cleo${Date.now() % 100_000}@example.org`, password: "four red pencils in a tin" };
  await stage.ask("POST", `/accounts/${account}/invitations`, { email: who.email, role: role.id });
  const [theirs] = await join(browser, stage, who);
  await expect(theirs.getByRole("heading", { level: 1 })).toBeVisible(); // the first visit, on which the account says what one may
  const refused: string[] = [];
  theirs.on("response", (answer) => answer.status() === 403 && refused.push(new URL(answer.url()).pathname));
  await theirs.goto(`${stage.url}${home}/sources`);
  await expect(theirs.getByRole("link", { name: "CRM" }).first()).toBeVisible();
  await theirs.goto(stage.url + home);
  await expect(theirs.getByRole("heading", { level: 1 })).toBeVisible();
  await expect(theirs.getByLabel("Loading", { exact: true })).toHaveCount(0);
  expect(refused).toEqual([]);
  await theirs.context().close();
  await page.close();
});
