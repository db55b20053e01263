// Writes QUALITY.md from what the last build weighed (out/_weights.json) and what the browser tests noted last (measured/).
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";

const at = (path) => new URL(`../${path}`, import.meta.url);
const weights = JSON.parse(readFileSync(at("out/_weights.json"), "utf8"));
const folder = at("measured/");
const notes = existsSync(folder)
  ? readdirSync(folder)
      .sort()
      .map((name) => JSON.parse(readFileSync(new URL(name, folder), "utf8")))
  : [];
const kib = (bytes) => (bytes / 1024).toFixed(1);
const shown = (value) => (typeof value === "number" ? String(Math.round(value * 10) / 10) : value);

// What each measurement is held to, by how its name begins; in this order.
const PARTS = [
  {
    begins: "main thread",
    title: "What a screen costs",
    goal: "Goal: 200 ms of the main thread's own time until a screen is idle, the median of five visits by a browser that was there before. Demanded by every run of `make test-web`.",
  },
  {
    begins: "100,000 records",
    title: "A hundred thousand records",
    goal: "Goals: 58 frames a second (30 at a four times slower processor), 60 rows in the page, 150 ms to any row.",
  },
  {
    begins: "live",
    title: "Live",
    goal: "Goals: 250 ms from an event to the screen; none lost or doubled by a cut of 30 s.",
  },
  {
    begins: "lighthouse",
    title: "Lighthouse",
    goal: "Goals: 100 for accessibility, best practices and SEO on every class of screen; performance 95 on a desktop and on the entry screens, 85 on a phone (slow 4G, a four times slower processor).",
  },
  { begins: "sign-up", title: "The way in", goal: "Goal: under three minutes, people's typing not counted." },
];

/** A part's measurements: side by side where they name the same things, with the day and whether the machine did nothing else. */
function section({ begins, title, goal }) {
  const own = notes.filter(({ what }) => what.startsWith(begins));
  if (own.length === 0) return [];
  const tables = own.flatMap(({ what, at, isQuiet, figures }) => [
    "",
    `${what}, on ${at.slice(0, 10)}${isQuiet ? "" : " beside other work"}:`,
    "",
    "| | |",
    "| --- | ---: |",
    ...Object.entries(figures).map(([name, value]) => `| ${name} | ${shown(value)} |`),
  ]);
  return ["", `## ${title}`, "", goal, ...tables];
}

const lines = [
  "# What the web app weighs and how fast it is",
  "",
  `Written by \`make web-quality\` and \`make web-lighthouse\`: Chromium without a graphics card, ${cpus().length} cores. The build ends when a route is over its budget; axe on every screen and on what lies over it, 320 px and the states of every screen are demanded by \`make test-web\`. How it is measured: [docs/design/web.md](../docs/design/web.md).`,
  ...PARTS.flatMap(section),
  "",
  "## Weight by route (brotli, KiB)",
  "",
  "Budgets: scripts 200 (sign-in 145), styles 12, HTML 6.",
  "",
  "| route | scripts | styles | HTML |",
  "| --- | ---: | ---: | ---: |",
  ...Object.entries(weights)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([page, { script, style, html }]) => `| \`${page}\` | ${kib(script)} | ${kib(style)} | ${kib(html)} |`),
  "",
];
writeFileSync(at("QUALITY.md"), lines.join("\n"));
