import { expect, signIn, test } from "./fixtures";

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

  const link = (await stage.letter(viewer.email)).match(/http:\/\/localhost:\d+\/accept-invitation#token=\S+/)?.[0] as string;
  const other = await (await browser.newContext()).newPage();
  await other.goto(link);
  await other.getByText("I am new here").click();
  await other.getByLabel("Your name").fill("Vic");
  await other.getByLabel("Password", { exact: true }).fill(viewer.password);
  const address = other.getByLabel("E-mail");
  if (await address.count()) await address.first().fill(viewer.email);
  await other.getByRole("button", { name: /join/i }).click();
  await other.waitForURL(/\/(a\/acc_|sign-in)/);
  if (other.url().includes("sign-in")) await signIn(other, stage, { name: "Vic", ...viewer });
  await other.waitForURL(/\/a\/acc_\w+/);
  const theirs = new URL(other.url()).pathname.match(/^\/a\/\w+/)?.[0];
  expect(theirs).toBe(`/a/${id}`);
  await other.goto(`${stage.url}${theirs}/sources`);
  await expect(other.getByRole("heading", { level: 1 })).toBeVisible();
  await expect(other.getByRole("link", { name: "API keys" })).toHaveCount(0);
  await expect(other.getByRole("link", { name: /connect a platform|new source/i })).toHaveCount(0);
  await other.goto(`${stage.url}${home}/sources`);
  await expect(other.getByText("There is no such thing here").first(), "another account is an absent account").toBeVisible();
  await other.context().close();
});
