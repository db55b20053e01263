import { expect, join, test } from "./fixtures";

// An agency: a client account, somebody invited into it, the risk list, and what the invited may not do.
test("an agency opens a client, invites a viewer, sees that nothing protects the client, and the viewer is kept to what a viewer may do", async ({
  page,
  stage,
  home,
  browser,
}) => {
  test.setTimeout(240_000);
  const client = `Corner shop ${Date.now() % 100_000}`;
  const viewer = { email: `vic${Date.now() % 100_000}@example.org`, password: "five green barrels in the yard" };

  await page.goto(`${stage.url}${home}/accounts`);
  await page.getByRole("button", { name: "New client account" }).first().click();
  await page.getByRole("dialog").getByLabel("Name").fill(client);
  await page.getByRole("dialog").getByRole("button", { name: "Create account" }).click();
  await expect(page.getByText(client).first()).toBeVisible();
  await expect(page.getByText("Nothing backed up").first()).toBeVisible();

  await page.getByRole("link", { name: client }).first().click();
  await expect.poll(() => page.url()).not.toContain(home);
  const id = new URL(page.url()).pathname.split("/")[2];
  await page.goto(`${stage.url}/a/${id}/people`);
  await page.getByRole("button", { name: "Invite" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("E-mail address").fill(viewer.email);
  await dialog.getByLabel("Role", { exact: true }).selectOption("viewer");
  await dialog.getByRole("button", { name: "Send invitation" }).click();
  await expect(page.getByText(viewer.email).first()).toBeVisible();

  const [other, theirs] = await join(browser, stage, { name: "Vic", ...viewer });
  expect(theirs).toBe(`/a/${id}`);
  await other.goto(`${stage.url}${theirs}/sources`);
  await expect(other.getByRole("heading", { level: 1 })).toBeVisible();
  await expect(other.getByRole("link", { name: "API keys" })).toHaveCount(0);
  await expect(other.getByRole("link", { name: /connect a platform|new source/i })).toHaveCount(0);
  await other.goto(`${stage.url}${home}/sources`);
  await expect(other.getByText("There is no such thing here").first(), "another account is an absent account").toBeVisible();
  await other.context().close();
});

test("an account with more sources than a page of the API holds is judged to its last source", async ({ page, stage, home }) => {
  const { items } = await stage.ask<{ items: { id: string; name: string }[] }>("GET", "/sources?limit=1");
  const idOf = (number: number) => `src_${String(number).padStart(26, "0")}`;
  const sources = Array.from({ length: 6 }, (_, at) => ({ ...items[0], id: idOf(at), name: at === 5 ? "The last one" : `Shop ${at}` }));
  const good = (await stage.ask<{ items: { kind: string }[] }>("GET", `/sources/${items[0]?.id}/snapshots?limit=1`)).items[0];
  await page.route(/\/v2\/sources\?/, (route) => {
    const isSecond = route.request().url().includes("cursor=");
    const json = isSecond ? { items: sources.slice(5), next: null } : { items: sources.slice(0, 5), next: "2" };
    return route.fulfill({ json });
  });
  await page.route(/\/v2\/snapshots\?/, (route) => {
    const found = { ...good, at: new Date().toISOString(), expired_at: null, kind: "full", suspect: false };
    const of = sources.map(({ id }, at) => ({ source: id, snapshots: at === 5 ? [] : [{ ...found, source: id }], problem: null }));
    return route.fulfill({ json: { items: of, next: null } });
  });
  await page.route(/\/v2\/sources\/src_\d+\/retention/, (route) => route.fulfill({ status: 404, json: {} }));
  await page.goto(stage.url + home);
  await expect(page.getByText("1 of 6 sources is not protected.")).toBeVisible();
  await expect(page.getByText("The last one has no snapshot yet.")).toBeVisible();
  await page.goto(`${stage.url}${home}/report`);
  await expect(page.getByText("5 / 6")).toBeVisible();
  await expect(page.getByRole("heading", { name: "The last one" })).toBeVisible();
});

test("an account that only holds clients opens with them, and its overview tells when one of them is not protected", async ({
  page,
  stage,
  home,
}) => {
  const parent = home.split("/")[2];
  const { csrf_token } = await (await page.request.get(`${stage.url}/v2/auth/status`)).json();
  // as the person: a key belongs to one account
  const make = async (path: string, data: unknown, account = parent as string): Promise<string> => {
    const headers = { "X-CSRF-Token": csrf_token, "X-Account-Id": account, Origin: stage.url };
    const answer = await page.request.post(`${stage.url}/v2${path}`, { headers, data });
    expect(answer.ok(), `${path}: ${await answer.text()}`).toBe(true);
    return (await answer.json()).id;
  };
  const open = (below: string, name: string) => make(`/accounts/${below}/sub-accounts`, { name: `${name} ${Date.now() % 100_000}` }, below);
  const agency = await open(parent as string, "Agency");
  const client = await open(agency, "Bookshop");
  await page.goto(`${stage.url}/a/${agency}`);
  await page.waitForURL(`${stage.url}/a/${agency}/accounts`);
  await expect(page.getByText("Bookshop").first()).toBeVisible();

  const site = { platform: "demo-crm", name: "CRM site", values: { url: stage.saas.base_url }, secrets: { token: stage.saas.token } };
  await make("/sources", { connection: await make("/connections", site, client), name: "CRM" }, client);
  await page.goto(stage.url + home);
  await expect(page.getByText(/account.* below this one .* not protected/)).toBeVisible();
  await page.getByRole("link", { name: /^See which/ }).click();
  await expect(page.getByRole("link", { name: /Bookshop/ }).first()).toBeVisible();
});
