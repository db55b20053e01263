// Compiles messages/<language>/<area>.json (ICU messages by key) into src/messages: so that the browser neither parses ICU nor downloads
// areas that a page does not show. English stands beside its screens; every other language is one file that is loaded when it is chosen.
// The sentences of the server (said.json) are patterns in English, which the server itself says; in other languages they are loaded when it says one.
// A key that a language lacks, or has besides English, ends the build: a half-translated screen is a fault, not a style.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { compileMessage } from "@lingui/message-utils/compileMessage";

const root = new URL("..", import.meta.url).pathname;
const read = (language, area) => JSON.parse(readFileSync(join(root, "messages", language, `${area}.json`), "utf8"));
const languages = readdirSync(join(root, "messages")).sort();
const areas = readdirSync(join(root, "messages/en"))
  .map((file) => basename(file, ".json"))
  .sort();
const compiled = (texts) => Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, compileMessage(text)]));

const SAID = "said";

const wrong = [];
const said = {};
const english = Object.fromEntries(areas.map((area) => [area, read("en", area)]));
const others = {};
for (const language of languages.filter((name) => name !== "en")) {
  others[language] = {};
  for (const area of areas) {
    let texts = {};
    try {
      texts = read(language, area);
    } catch {
      wrong.push(`messages/${language}/${area}.json is missing`);
    }
    for (const key of Object.keys(english[area])) if (!(key in texts)) wrong.push(`messages/${language}/${area}.json lacks ${key}`);
    for (const key of Object.keys(texts))
      if (!(key in english[area])) wrong.push(`messages/${language}/${area}.json has ${key}, English has not`);
    if (area === SAID) said[language] = texts;
    else Object.assign(others[language], texts);
  }
}
for (const area of areas)
  for (const key of Object.keys(english[area]))
    if (!key.startsWith(`${area}.`)) wrong.push(`messages/en/${area}.json: ${key} must begin with "${area}."`);

// only what changed is written: a development server that watches these files would otherwise lose sight of them
const written = new Set();
function write(path, text) {
  written.add(path);
  if (!existsSync(path) || readFileSync(path, "utf8") !== text) writeFileSync(path, text);
}
mkdirSync(join(root, "src/messages/en"), { recursive: true });
for (const area of areas.filter((name) => name !== SAID))
  write(
    join(root, `src/messages/en/${area}.ts`),
    `import { i18n } from "@lingui/core";\n\ni18n.load("en", ${JSON.stringify(compiled(english[area]), null, 1)});\n`,
  );
for (const [language, texts] of Object.entries(others))
  write(join(root, `src/messages/${language}.ts`), `export default ${JSON.stringify(compiled(texts), null, 1)};\n`);
// the most exact pattern first: what is filled in counts for nothing, least of all at the beginning
const exactness = (sentence) => sentence.replace(/\{\w+\}/g, "").length - (sentence.startsWith("{") ? 1000 : 0);
const patterns = Object.entries(english[SAID])
  .map(([key, sentence]) => [sentence, key])
  .sort(([one], [other]) => exactness(other) - exactness(one));
for (const [language, texts] of Object.entries(said))
  write(
    join(root, `src/messages/said.${language}.ts`),
    `export default ${JSON.stringify({ patterns, texts: compiled(texts) }, null, 1)} as const;\n`,
  );
const keys = areas.filter((name) => name !== SAID).flatMap((area) => Object.keys(english[area]));
write(
  join(root, "src/messages/keys.ts"),
  `export const LANGUAGES = ${JSON.stringify(languages)} as const;\nexport type Key =\n${keys.map((key) => `  | ${JSON.stringify(key)}`).join("\n")};\n`,
);
for (const folder of ["src/messages", "src/messages/en"])
  for (const name of readdirSync(join(root, folder)))
    if (name.endsWith(".ts") && !written.has(join(root, folder, name))) rmSync(join(root, folder, name));
if (wrong.length > 0) {
  console.error(wrong.join("\n"));
  if (process.env.NODE_ENV !== "development") process.exit(1);
}
