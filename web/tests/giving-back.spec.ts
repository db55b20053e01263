import { demandAccessible, expect, type fillIn, test } from "./fixtures";
import { Stage } from "./stage";

test("one field is put back out of a comparison, and what was changed beside it stays", async ({ page, stage, home }) => {
  const { source, from, to, edited } = await moments(stage);
  await stage.edit("PUT", `/v1/contacts/${edited}`, { ...(await contact(stage, edited)), first_name: "Beside" });
  await page.goto(`${stage.url}${home}/sources/${source}/compare?from=${from}&to=${to}&stream=contacts&kind=changed`);
  const line = page.getByRole("listitem").filter({ hasText: `contacts ${edited}` });
  await demandAccessible(page, "a comparison whose fields can be put back");
  await line.getByRole("link", { name: "Restore this field: last_name" }).first().click();
  await page.waitForURL(/\/restores\/new\?.*field=last_name/);
  await expect(page.getByText("Only last_name")).toBeVisible();
  await page.getByRole("button", { name: "Restore 1 record" }).click();
  await page.waitForURL(/\/restores\/rst_/);
  await expect(page.getByText("Done", { exact: true }).first()).toBeVisible({ timeout: 30_000 });
  const now = await contact(stage, edited);
  expect(now.first_name).toBe("Beside");
  expect(now.last_name).not.toContain("(edited)");
});

test("what was changed together is taken back as one, and says so", async ({ page, stage, home }) => {
  const { source, from, to } = await moments(stage);
  await page.goto(`${stage.url}${home}/sources/${source}/compare?from=${from}&to=${to}&stream=contacts`);
  await page
    .getByRole("link", { name: /^Plan the undo/ })
    .first()
    .click();
  await page.waitForURL(/\/restores\/new\?.*set=/);
  await expect(page.getByText(/Changed together in contacts/)).toBeVisible();
  await expect(page.getByRole("button", { name: /^Restore \d+ record/ })).toBeVisible({ timeout: 30_000 });
});

test("the overview shows what was done last, and by whom", async ({ page, stage, home }) => {
  await page.goto(`${stage.url}${home}`);
  await expect(page.getByRole("heading", { name: "Recent activity" })).toBeVisible();
  await expect(page.getByRole("link", { name: "All activity" })).toBeVisible();
});

test("a German reader is refused in German, at the field that it is about", async ({ page, stage, home }) => {
  await page.addInitScript(() => localStorage.setItem("listbackup.language", "de"));
  await page.goto(`${stage.url}${home}/exports?new=1`);
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Nur Datensätze, für die gilt").fill("=");
  await dialog.getByRole("button", { name: "Export beginnen" }).click();
  await expect(dialog.getByText("„=“ ist keine Bedingung.")).toBeVisible();
});

test("what interrupted a restore is said where it is listed and where it is reported, to a German reader in German", async ({
  page,
  stage,
  home,
}) => {
  await page.addInitScript(() => localStorage.setItem("listbackup.language", "de"));
  const { source } = await moments(stage);
  const restore = {
    id: "rst_0000000000000000000000000a",
    source,
    snapshot_number: 1,
    overwrite: false,
    state: "running",
    working: false,
    progress: null,
    created_at: new Date().toISOString(),
    ended_at: null,
    result: null,
    undo_result: null,
    message: "the platform no longer accepts the refresh token",
    fields: [],
  };
  await page.route(/\/v2\/restores\?/, (route) => route.fulfill({ json: { items: [restore], next: null } }));
  await page.route(/\/v2\/restores\/rst_\w+$/, (route) => route.fulfill({ json: restore }));
  await page.route(/\/v2\/restores\/rst_\w+\/report/, (route) => route.fulfill({ json: { items: [], next: null } }));
  await page.goto(`${stage.url}${home}/restores`);
  await expect(page.getByText("Die Plattform nimmt das Refresh-Token nicht mehr an.")).toBeVisible();
  await page.goto(`${stage.url}${home}/restores/${restore.id}`);
  await expect(page.getByText("Die Plattform nimmt das Refresh-Token nicht mehr an.")).toBeVisible();
  await demandAccessible(page, "a restore that was interrupted");
});

test("an owner without a second factor is led to set one up, and on to where they were going", async ({ page }) => {
  const stage = await Stage.open({ records: 10 });
  try {
    await stage.makeOwner();
    await page.goto(`${stage.url}/sign-in?next=/me`);
    await page.getByLabel(/e-mail/i).fill("ada@example.com");
    await fillInWithoutLeaving(page);
    await page.waitForURL(/\/me\/security\?next=%2Fme/);
    await expect(page.getByText(/needs a second factor/).first()).toBeVisible();
    await demandAccessible(page, "the way to a second factor");
    await page.getByRole("link", { name: "Later" }).click();
    await page.waitForURL(/\/me$/);
  } finally {
    stage.close();
  }
});

const fillInWithoutLeaving = async (page: Parameters<typeof fillIn>[0]) => {
  const { OWNER } = await import("./stage");
  await page
    .getByLabel(/password/i)
    .first()
    .fill(OWNER.password);
  await page.keyboard.press("Enter");
};

/** The source of the stage, its two moments, and a contact that was edited between them. */
async function moments(stage: Stage): Promise<{ source: string; from: string; to: string; edited: string }> {
  const source = (await stage.ask<{ items: { id: string }[] }>("GET", "/sources")).items[0]?.id as string;
  const [to, from] = (await stage.ask<{ items: { id: string }[] }>("GET", `/sources/${source}/snapshots`)).items.map((one) => one.id);
  const sets = await stage.ask<{ items: { kind: string; stream: string; keys: string[] }[] }>("GET", `/change-sets?source=${source}`);
  const edited = sets.items.find((one) => one.kind === "changed" && one.stream === "contacts")?.keys[0] as string;
  return { source, from: from as string, to: to as string, edited };
}

const contact = (stage: Stage, id: string) => stage.edit("GET", `/v1/contacts/${id}`);
