import { expect, test } from "./fixtures";

// Listings that are longer than one answer of the API.

test("what was changed together is read on behind the first page", async ({ page, stage, home }) => {
  const [source] = (await stage.ask<{ items: { id: string }[] }>("GET", "/sources")).items;
  const [newest, ...others] = (await stage.ask<{ items: { id: string; number: number }[] }>("GET", `/sources/${source?.id}/snapshots`))
    .items;
  const set = (stream: string) => ({
    snapshot: newest?.id,
    number: newest?.number,
    stream,
    kind: "changed",
    fields: ["name"],
    count: 2,
    began_at: "2026-01-05T06:00:00Z",
    ended_at: "2026-01-05T06:01:00Z",
    keys: ["one", "two"],
  });
  await page.route(/\/v2\/change-sets\?/, (route) =>
    route.fulfill({
      json: route.request().url().includes("cursor=") ? { items: [set("deals")], next: null } : { items: [set("tags")], next: "2" },
    }),
  );
  await page.goto(`${stage.url}${home}/sources/${source?.id}/compare?from=${others.at(-1)?.id}&to=${newest?.id}`);
  await expect(page.getByText("2 records in tags")).toBeVisible();
  await expect(page.getByText("2 records in deals")).toHaveCount(0);
  await page.getByRole("button", { name: "Show more" }).first().click();
  await expect(page.getByText("2 records in deals")).toBeVisible();
  await expect(page.getByText("2 records in tags")).toBeVisible();
});

test("a person behind the first page of people is called by name in the activity", async ({ page, stage, home }) => {
  const [line] = (await stage.ask<{ items: { actor: string }[] }>("GET", "/activity?limit=1")).items;
  const [person] = (await stage.ask<{ items: { user: string }[] }>("GET", "/users?limit=1")).items;
  const other = { ...person, user: "usr_00000000000000000000000001", name: "Vic the last", email: "vic@example.org" };
  await page.route(/\/v2\/users\?/, (route) =>
    route.fulfill({
      json: route.request().url().includes("cursor=") ? { items: [other], next: null } : { items: [person], next: "2" },
    }),
  );
  await page.route(/\/v2\/activity\?/, (route) => route.fulfill({ json: { items: [{ ...line, actor: other.user }], next: null } }));
  await page.goto(`${stage.url}${home}/activity`);
  await expect(page.getByRole("cell", { name: "Vic the last" })).toBeVisible();
});
