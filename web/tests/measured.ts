import { mkdirSync, writeFileSync } from "node:fs";

// What tests measure is kept beside them, for `make web-quality` to write into QUALITY.md.
const folder = new URL("../test-results/measured/", import.meta.url).pathname;

export function note(what: string, figures: Record<string, number | string>) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}${what.replace(/\W+/g, "-")}.json`, JSON.stringify({ what, figures }, null, 2));
  console.log(what, JSON.stringify(figures));
}
