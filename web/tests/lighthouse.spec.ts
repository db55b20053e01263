import { launch } from "chrome-launcher";
import lighthouse, { desktopConfig } from "lighthouse";
import { expect, test } from "./fixtures";
import { note } from "./measured";
import { everyScreen } from "./screens";

// One screen of each class. Accessibility, best practices and SEO are demanded in full; performance swings by ten points on a machine that does
// something else, so it is the median of five and demanded by `make web-lighthouse` alone. LIGHTHOUSE says how often each is measured.
const RUNS = Number(process.env.LIGHTHOUSE ?? 0);
const isQuiet = process.env.QUIET === "1";
const ENTRY = ["sign-in", "sign-up"];
const SIGNED_IN = ["overview", "source", "browse", "record", "run", "search", "people", "activity", "security"];
const WHOLE = ["accessibility", "best-practices", "seo"] as const;

for (const form of ["mobile", "desktop"] as const)
  test(`lighthouse (${form}): nothing to find on any class of screen, and it is fast`, async ({ stage, home, cookie }) => {
    test.skip(RUNS === 0, "LIGHTHOUSE=5 measures, minutes long");
    test.setTimeout(3_600_000);
    const screens = (await everyScreen(stage, home)).filter((one) => [...ENTRY, ...SIGNED_IN].includes(one.name));
    const fast: Record<string, number> = {};
    const wrong: string[] = [];
    for (const screen of screens) {
      const scores: number[] = [];
      for (let time = 0; time < RUNS; time++) {
        const found = await measured(stage.url + screen.path, form, screen.isOpen ? null : cookie, time === 0 ? WHOLE : []);
        scores.push(found.performance);
        wrong.push(...found.wrong.map((what) => `${screen.name}: ${what}`));
      }
      fast[screen.name] = scores.sort((one, other) => one - other)[Math.floor(RUNS / 2)] as number;
    }
    note(`lighthouse, performance (${form})`, { "median of": RUNS, ...fast });
    note(`lighthouse, accessibility, best practices and SEO (${form})`, {
      screens: screens.length,
      "audits failed": wrong.length,
    });
    expect.soft(wrong).toEqual([]);
    if (!isQuiet) return;
    for (const [name, score] of Object.entries(fast))
      expect.soft(score, name).toBeGreaterThanOrEqual(form === "desktop" || ENTRY.includes(name) ? 95 : 85);
  });

/** The points for speed, and the audits of the other categories that something was found by. Every measurement has a browser of its own. A page that
 * does not come to rest is a finding too: nothing that it measures would be worth much. */
async function measured(url: string, form: "mobile" | "desktop", cookie: string | null, others: readonly (typeof WHOLE)[number][]) {
  const chrome = await launch({
    chromePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    chromeFlags: ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
    logLevel: "silent",
  });
  try {
    const flags = {
      port: chrome.port,
      logLevel: "silent" as const,
      onlyCategories: ["performance", ...others],
      disableStorageReset: true,
      ...(cookie ? { extraHeaders: { Cookie: cookie } } : {}),
    };
    const result = await lighthouse(url, flags, form === "desktop" ? desktopConfig : undefined);
    if (!result) throw new Error(`no report on ${url}`);
    const { categories, audits, runWarnings } = result.lhr;
    const failed = (category: string) =>
      (categories[category]?.auditRefs ?? [])
        .filter(({ id, weight }) => weight > 0 && audits[id]?.score !== null && (audits[id]?.score ?? 1) < 1)
        .map(({ id }) => `${category}, ${id} (${audits[id]?.displayValue ?? audits[id]?.title})`);
    return { performance: Math.round((categories.performance?.score ?? 0) * 100), wrong: [...others.flatMap(failed), ...runWarnings] };
  } finally {
    chrome.kill();
  }
}
