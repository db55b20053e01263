import { connect, createServer, type Server, type Socket } from "node:net";
import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures";
import { note } from "./measured";
import { everyScreen } from "./screens";
import { OWNER, Stage } from "./stage";

// Wall-clock figures are demanded by `make web-quality` alone, on a machine that does nothing else; elsewhere they are only noted.
const isQuiet = process.env.QUIET === "1";

// What a failed test leaves behind for us costs every page a third more: pictures of each frame, the document after each step. Nobody's browser does that.
test.use({ trace: "off" });

// The figures that a person feels, gated. CPU is counted by the browser in the main thread's own time, so that a busy machine does not blur it.

test("no screen costs the main thread more than 200 ms until it is idle", async ({ page, stage, home }) => {
  test.setTimeout(420_000);
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const spent = async () => {
    const { metrics } = await session.send("Performance.getMetrics");
    return (metrics.find((one) => one.name === "TaskDuration")?.value ?? 0) * 1000;
  };
  const screens = await everyScreen(stage, home);
  await page.goto(stage.url + home);
  await page.evaluate(() => navigator.serviceWorker.ready); // it comes once the first screen is there, and from then on serves the app
  const costs: Record<string, number> = {};
  for (const screen of screens) {
    const runs = [];
    for (let time = 0; time < 5; time++) {
      await page.goto("about:blank");
      const before = await spent();
      await page.goto(stage.url + screen.path);
      await expect(page.getByRole("heading", { level: 1 }).first()).toBeVisible();
      await expect(page.getByLabel("Loading", { exact: true })).toHaveCount(0);
      await page.waitForTimeout(400);
      const after = await spent();
      const untaken = await page.evaluate(() => [...(window.listbackupAsked?.keys() ?? [])]);
      expect.soft(untaken, `${screen.name}: asked by start.js, and by nobody else`).toEqual([]);
      runs.push(after < before ? after : after - before); // another process of the browser begins at nothing
    }
    costs[screen.name] = runs.sort((one, other) => one - other)[2] as number;
  }
  note("main thread until idle [ms]", costs);
  for (const [name, cost] of Object.entries(costs)) expect.soft(cost, name).toBeLessThanOrEqual(200);
});

test("a hundred thousand records scroll at 58 frames a second, and any row is there within 150 ms", async ({ browser }) => {
  test.setTimeout(300_000);
  const stage = await Stage.open({ records: 220_000 });
  try {
    await stage.makeOwner();
    const source = await stage.makeSource();
    const [snapshot] = (await stage.ask<{ items: { id: string }[] }>("GET", `/sources/${source}/snapshots`)).items;
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    await page.goto(`${stage.url}/sign-in`);
    await page.getByLabel(/e-mail/i).fill(OWNER.email);
    await page
      .getByLabel(/password/i)
      .first()
      .fill(OWNER.password);
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: "Later" }).click(); // an owner without a second factor is led to set one up
    await page.waitForURL(/\/a\/acc_\w+/);
    const home = new URL(page.url()).pathname.match(/^\/a\/\w+/)?.[0];
    await page.goto(`${stage.url}${home}/sources/${source}/snapshots?snapshot=${snapshot?.id}&stream=contacts`);
    const grid = page.getByRole("grid");
    await expect(grid.getByRole("row").nth(5)).toBeVisible();
    const rows = Number(await grid.getAttribute("aria-rowcount"));
    expect(rows).toBeGreaterThan(100_000);
    const quick = await scrolled(page);
    const jumps = [];
    for (const share of [0.9, 0.1, 0.5, 0.99, 0.33]) jumps.push(await jumped(page, share));
    const session = await page.context().newCDPSession(page);
    await session.send("Emulation.setCPUThrottlingRate", { rate: 4 });
    const slow = await scrolled(page);
    await page.close();
    const jump = Math.max(...jumps);
    note("100,000 records", {
      rows,
      fps: quick.fps,
      "p95 frame [ms]": quick.p95,
      "rows in the page": quick.rows,
      "fps at 4x": slow.fps,
      "slowest jump [ms]": jump,
    });
    expect.soft(quick.rows).toBeLessThanOrEqual(60);
    if (!isQuiet) return;
    expect.soft(quick.fps).toBeGreaterThanOrEqual(58);
    expect.soft(slow.fps).toBeGreaterThanOrEqual(30);
    expect.soft(jump).toBeLessThanOrEqual(150);
  } finally {
    stage.close();
  }
});

/** Scrolls for two seconds, 40 px a frame, and counts what was painted. */
const scrolled = (page: Page) =>
  page.evaluate(
    () =>
      new Promise<{ fps: number; p95: number; rows: number }>((done) => {
        const grid = document.querySelector('[role="grid"]') as HTMLElement;
        const times: number[] = [];
        let rows = 0;
        const step = (now: number) => {
          times.push(now);
          grid.scrollTop += 40;
          rows = Math.max(rows, grid.querySelectorAll('[role="row"]').length);
          if (now - (times[0] as number) < 2000) return requestAnimationFrame(step);
          const gaps = times.slice(1).map((time, at) => time - (times[at] as number));
          gaps.sort((one, other) => one - other);
          const fps = (gaps.length * 1000) / ((times.at(-1) as number) - (times[0] as number));
          done({ fps: Math.round(fps * 10) / 10, p95: Math.round((gaps[Math.floor(gaps.length * 0.95)] as number) * 10) / 10, rows });
        };
        requestAnimationFrame(step);
      }),
  );

/** Goes to a place by the scroll bar; how long until a row with something in it stands there [ms]. */
const jumped = (page: Page, share: number) =>
  page.evaluate(
    (share) =>
      new Promise<number>((done) => {
        const grid = document.querySelector('[role="grid"]') as HTMLElement;
        const begun = performance.now();
        grid.scrollTop = grid.scrollHeight * share;
        const look = () => {
          const { top, height } = grid.getBoundingClientRect();
          const middle = [...grid.querySelectorAll('[role="row"]')].find((row) => {
            const box = row.getBoundingClientRect();
            return box.top <= top + height / 2 && box.bottom > top + height / 2;
          });
          const isThere = middle && middle.querySelectorAll('[role="gridcell"]').length > 2 && /\d/.test(middle.textContent ?? "");
          if (isThere || performance.now() - begun > 5000) done(Math.round(performance.now() - begun));
          else requestAnimationFrame(look);
        };
        requestAnimationFrame(look);
      }),
    share,
  );

test("what happens is on the screen within 250 ms, and nothing is lost or doubled by a cut of 30 seconds", async ({
  page,
  stage,
  home,
}) => {
  test.setTimeout(180_000);
  const wire = await Wire.open(Number(new URL(stage.url).port));
  try {
    await page.goto(`http://localhost:${wire.port}${home}/activity`);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await page.waitForTimeout(1500);
    const groups: string[] = [];
    const make = async (name: string) => {
      groups.push(name);
      await stage.ask("POST", "/source-groups", { name });
      return Date.now();
    };
    const lags = [];
    for (let time = 0; time < 12; time++) {
      const name = `live ${time}`;
      const seen = page.evaluate(
        (name) =>
          new Promise<number>((done) => {
            const look = () => (document.body.textContent?.includes(name) ? done(Date.now()) : requestAnimationFrame(look));
            look();
          }),
        name,
      );
      const told = await make(name);
      lags.push((await seen) - told);
    }
    lags.sort((one, other) => one - other);
    const p95 = lags[Math.floor(lags.length * 0.95)] as number;
    wire.cut();
    for (let time = 0; time < 20; time++) await make(`cut ${time}!`);
    await page.waitForTimeout(30_000);
    await wire.mend();
    await expect(page.getByText("cut 19!").first()).toBeVisible({ timeout: 40_000 });
    const counts = await page.evaluate(
      (names) => names.map((name) => (document.body.textContent?.match(new RegExp(name, "g")) ?? []).length),
      groups.slice(-20),
    );
    note("live", { "p95 lag [ms]": p95, "events during the cut": 20, "seen once": counts.filter((count) => count === 1).length });
    if (isQuiet) expect.soft(p95).toBeLessThanOrEqual(250);
    expect.soft(counts).toEqual(counts.map(() => 1));
  } finally {
    wire.close();
  }
});

/** A wire between browser and server that can be cut. */
class Wire {
  private readonly open = new Set<Socket>();
  private constructor(
    private server: Server,
    public port: number,
    private readonly to: number,
  ) {}

  static async open(to: number): Promise<Wire> {
    const wire = new Wire(createServer(), 0, to);
    const port = await wire.listen(0);
    return Object.assign(wire, { port });
  }

  private listen(port: number): Promise<number> {
    this.server = createServer((near) => {
      const far = connect(this.to, "127.0.0.1");
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        this.open.add(one);
        one.pipe(other);
        one.on("error", () => other.destroy());
        one.on("close", () => this.open.delete(one));
      }
    });
    return new Promise((done) => {
      this.server.listen(port, "127.0.0.1", () => {
        const address = this.server.address();
        done(address && typeof address === "object" ? address.port : 0);
      });
    });
  }

  cut() {
    this.server.close();
    for (const socket of this.open) socket.destroy();
  }

  async mend() {
    await this.listen(this.port);
  }

  close() {
    this.cut();
  }
}
