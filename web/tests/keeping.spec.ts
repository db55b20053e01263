import { expect, test } from "./fixtures";
import { Stage } from "./stage";

test("a snapshot that lacks too much is judged by a person, and what retention let go is taken back", async ({ page }) => {
  test.setTimeout(180_000);
  const stage = await Stage.open({ records: 500 });
  try {
    await stage.makeOwner();
    const source = await stage.makeSource();
    const tags = (await stage.edit("GET", "/v1/tags")).data as { id: string }[];
    for (const { id } of tags.slice(0, 30)) await stage.edit("DELETE", `/v1/tags/${id}`);
    await stage.ask("POST", `/sources/${source}/sync`, { full: true });
    await expect.poll(async () => (await moments(stage, source)).length, { timeout: 30_000 }).toBe(2);
    const [name, value] = (await stage.enrol()).split("=", 2) as [string, string];
    await page.context().addCookies([{ name, value, url: stage.url, httpOnly: true, sameSite: "Lax" }]);
    const { items } = await stage.ask<{ items: { id: string }[] }>("GET", "/accounts");
    const home = `/a/${items[0]?.id}`;

    await page.goto(stage.url + home);
    await page.getByRole("link", { name: /^Look at it/ }).click();
    await page.waitForURL(/\/snapshots/);
    await expect(page.getByText("Suspicious").first()).toBeVisible();
    await page.getByRole("link", { name: "See what is gone" }).click();
    await page.waitForURL(/kind=removed/);
    await expect(page.getByText(/^tags tag-/).first()).toBeVisible();
    await page.goBack();
    await page.getByRole("button", { name: "It is right" }).click();
    await expect(page.getByText("The snapshot counts as right").first()).toBeVisible();
    await expect(page.getByText("Suspicious")).toHaveCount(0);

    for (let more = 0; more < 3; more++) await stage.backUp(source);
    await stage.ask("POST", `/sources/${source}/expire`, { retention: { last: 1 }, numbers: [1, 2], confirmed: true });
    await page.goto(`${stage.url}${home}/sources/${source}?tab=retention`);
    await expect(page.getByRole("heading", { name: "Snapshots in the trash" })).toBeVisible();
    await page.getByRole("button", { name: "Take back snapshot 2" }).click();
    await expect(page.getByText("Snapshot 2 is back.").first()).toBeVisible();
    await expect(page.getByRole("button", { name: "Take back snapshot 2" })).toHaveCount(0);
    expect((await moments(stage, source)).map((one) => one.number)).toEqual([5, 4, 3, 2]);
  } finally {
    stage.close();
  }
});

test("what comparing a snapshot with its platform showed is told by the server, and nobody asks for what was never compared", async ({
  page,
  stage,
  home,
}) => {
  const [source] = (await stage.ask<{ items: { id: string }[] }>("GET", "/sources")).items;
  const [newest, older] = await moments(stage, source?.id as string);
  const absent: string[] = [];
  page.on("response", (answer) => {
    if (answer.status() === 404) absent.push(answer.url());
  });
  const open = (snapshot?: string) => page.goto(`${stage.url}${home}/sources/${source?.id}/snapshots?snapshot=${snapshot}`);

  await open(newest?.id);
  await expect(page.getByText("It was not compared with the platform yet.")).toBeVisible();
  await page.getByRole("button", { name: "Verify now" }).click();
  await expect(page.getByText(/records compared/)).toBeVisible({ timeout: 60_000 });
  await page.reload();
  await expect(page.getByText(/records compared/)).toBeVisible();
  await expect(page.getByText(/\d+ same/).first()).toBeVisible();
  await open(older?.id);
  await expect(page.getByText("It was not compared with the platform yet.")).toBeVisible();
  await page.goto(`${stage.url}${home}/report`);
  await expect(page.getByText(/records compared on/)).toBeVisible();
  expect(absent).toEqual([]);
});

const moments = async (stage: Stage, source: string) =>
  (await stage.ask<{ items: { id: string; number: number }[] }>("GET", `/sources/${source}/snapshots`)).items;
