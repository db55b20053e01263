// Writes QUALITY.md from what the last build weighed (out/_weights.json) and what `playwright test quality` noted (test-results/measured).
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";

const at = (path) => new URL(`../${path}`, import.meta.url);
const weights = JSON.parse(readFileSync(at("out/_weights.json"), "utf8"));
const folder = at("test-results/measured/");
const notes = existsSync(folder)
  ? readdirSync(folder)
      .sort()
      .map((name) => JSON.parse(readFileSync(new URL(name, folder), "utf8")))
  : [];
const kib = (bytes) => (bytes / 1024).toFixed(1);

const lines = [
  "# What the web app weighs and how fast it is",
  "",
  `Written by \`make web-quality\` on ${new Date().toISOString().slice(0, 10)}: Chromium without a graphics card, ${cpus().length} cores. The build ends when a route is over its budget; axe, 320 px and the states of every screen are demanded by \`make test-web\`.`,
  "",
  "## Measured",
  "",
  "| what | figure |",
  "| --- | --- |",
  ...notes.flatMap(({ what, figures }) =>
    Object.entries(figures).map(
      ([name, value]) => `| ${what}: ${name} | ${typeof value === "number" ? Math.round(value * 10) / 10 : value} |`,
    ),
  ),
  "",
  "Goals: main thread 200 ms, 58 frames a second over 100,000 records (30 at a four times slower processor), 60 rows in the page, 150 ms to any row, 250 ms from an event to the screen, none lost or doubled by a cut of 30 s.",
  "",
  "## Weight by route (brotli, KiB)",
  "",
  "Budgets: scripts 200 (sign-in 145), styles 12, HTML 6.",
  "",
  "| route | scripts | styles | HTML |",
  "| --- | --- | --- | --- |",
  ...Object.entries(weights)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([page, { script, style, html }]) => `| \`${page}\` | ${kib(script)} | ${kib(style)} | ${kib(html)} |`),
  "",
];
writeFileSync(at("QUALITY.md"), lines.join("\n"));
