import { type Page, test as plain } from "@playwright/test";
import { expect } from "./fixtures";
import { note } from "./measured";
import { Stage } from "./stage";

// The whole way of somebody who has never seen ListBackup: sign-up → connect → live run → browse → compare → restore → undo.
const EMAIL = "bea@example.org";
const PASSWORD = "nine quiet lamps behind the mill";

plain.describe.configure({ mode: "serial" });

plain.describe("a newcomer", () => {
  let stage: Stage;
  let page: Page;
  let home = "";

  plain.beforeAll(async ({ browser }) => {
    stage = await Stage.open({ records: 3000, latency: 0.02 });
    page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  });
  plain.afterAll(async () => {
    await page.close();
    stage.close();
  });

  plain("signs up, confirms the address, connects a platform and sees a finished backup in under three minutes", async () => {
    const begun = Date.now();
    await page.goto(`${stage.url}/sign-up`);
    await page.getByLabel("Your name").fill("Bea");
    await page.getByLabel("E-mail").fill(EMAIL);
    await page.getByLabel("Name of your account").fill("Bea's bakery");
    await page.getByRole("button", { name: "Send me the link" }).click();
    await expect(page.getByText("Look into your mail")).toBeVisible();
    const link = (await stage.letter(EMAIL)).match(/http:\/\/localhost:\d+\/verify-email#token=\S+/)?.[0] as string;
    await page.goto(link);
    await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await page.getByRole("button", { name: "Confirm and go on" }).click();
    await page.waitForURL(/\/a\/acc_\w+\/start/);
    home = (new URL(page.url()).pathname.match(/^\/a\/\w+/) as RegExpMatchArray)[0];
    await page.getByRole("button", { name: /Demo CRM/ }).click();
    await page.getByLabel(/address|url/i).fill(stage.saas.base_url);
    await page.getByLabel(/token/i).fill(stage.saas.token);
    await page.getByRole("button", { name: "Test and connect" }).click();
    await expect(page.getByText("Your data is being copied").first()).toBeVisible();
    await expect(page.getByText("Your first backup is there").first()).toBeVisible({ timeout: 60_000 });
    const seconds = (Date.now() - begun) / 1000;
    note("sign-up to first finished backup, by a robot [s]", { seconds });
    expect(seconds).toBeLessThan(180);
  });

  plain("browses the contacts as they stood, opens one, and sees its fields and its history", async () => {
    await page.getByRole("link", { name: "Look at your data" }).click();
    await page
      .getByRole("link", { name: /contacts/i })
      .first()
      .click();
    await expect(page.getByRole("grid").getByRole("row").nth(10)).toBeVisible();
    await page.getByRole("grid").focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/records\?/);
    await expect(page.getByText("email", { exact: true }).first()).toBeVisible();
    await page.getByRole("link", { name: "History" }).click();
    await expect(page.getByText("Came").first()).toBeVisible();
  });

  plain("backs up again after a day and compares the two moments field by field", async () => {
    const { edited, deleted } = await stage.passDay();
    await page.goto(`${stage.url}${home}/sources`);
    await page.getByRole("link", { name: /CRM/ }).first().click();
    await page
      .getByRole("button", { name: /back up now/i })
      .first()
      .click();
    await expect.poll(async () => (await snapshots(page)).length, { timeout: 60_000, intervals: [500] }).toBe(2);
    const [newest, oldest] = await snapshots(page);
    await page.goto(`${stage.url}${home}/sources/${await sourceOf(page)}/compare?from=${oldest}&to=${newest}&stream=contacts`);
    await expect(page.getByText("(edited)").first()).toBeVisible();
    await expect(page.getByText("Changed").first()).toBeVisible();
    await page.getByLabel("Kind of change").selectOption("removed");
    await expect(page.getByText(`contacts ${deleted[0]}`)).toBeVisible();
    await page.getByRole("button", { name: "How is that known?" }).first().click();
    await expect(page.getByText(/^Deleted: /).first()).toBeVisible();
    expect(edited.length).toBeGreaterThan(0);
  });

  plain("restores a deleted contact after a plan, and takes the restore back", async () => {
    const before = await contacts(stage);
    await page.getByRole("listitem").filter({ hasText: "Deleted" }).getByRole("link").first().click();
    await page.waitForURL(/\/records\?/);
    await page
      .getByRole("link", { name: "Restore", exact: true })
      .or(page.getByRole("button", { name: "Restore", exact: true }))
      .first()
      .click();
    await expect(page.getByText("Created").first()).toBeVisible();
    await page.getByRole("button", { name: "Restore 1 record" }).click();
    await page.waitForURL(/\/restores\/\w+/);
    await expect(page.getByText("Done", { exact: true }).first()).toBeVisible({ timeout: 30_000 });
    expect(await contacts(stage)).toBe(before + 1);
    await page.getByRole("button", { name: "Undo this restore" }).click();
    await page.getByRole("dialog").getByRole("button", { name: /undo/i }).click();
    await expect(page.getByText("Undone", { exact: true }).first()).toBeVisible({ timeout: 30_000 });
    expect(await contacts(stage)).toBe(before);
  });

  const read = async <T>(path: string): Promise<T> => {
    const answer = await page.request.get(`${stage.url}/v2${path}`, { headers: { "X-Account-Id": home.split("/")[2] as string } });
    return (await answer.json()) as T;
  };
  const sourceOf = async (_: Page) => (await read<{ items: { id: string }[] }>("/sources")).items[0]?.id as string;
  const snapshots = async (at: Page) =>
    (await read<{ items: { id: string }[] }>(`/sources/${await sourceOf(at)}/snapshots`)).items.map((one) => one.id);
});

/** How many contacts the platform says it has. */
async function contacts(stage: Stage): Promise<number> {
  const page = await stage.edit("GET", "/v1/contacts?page=1&per_page=1");
  const total = Object.entries(page).find(([name, value]) => /total/.test(name) && typeof value === "number")?.[1];
  return Number(total ?? Number.NaN);
}
