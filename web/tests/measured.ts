import { mkdirSync, writeFileSync } from "node:fs";

// What tests measure is kept beside them, for `scripts/quality.mjs` to write into QUALITY.md. Playwright empties its own folder before every run.
const folder = new URL("../measured/", import.meta.url).pathname;

export function note(what: string, figures: Record<string, number | string>) {
  const file = `${folder}${what.replace(/\W+/g, "-").replace(/^-|-$/g, "")}.json`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, JSON.stringify({ what, at: new Date().toISOString(), isQuiet: process.env.QUIET === "1", figures }, null, 2));
  console.log(what, JSON.stringify(figures));
}
