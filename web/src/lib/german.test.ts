import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const FOLDER = new URL("../../messages/de/", import.meta.url);

// A thing that has two names on two screens is two things to a reader (docs/glossary.md has one word for each).
const SAID_ALREADY: readonly [wrong: RegExp, right: string][] = [
  [/\bStreams?\b/, "Datenstrom"],
  [/Sicherungspunkt/, "Snapshot"],
  [/Rückspiel/, "Wiederherstellung"],
  [/\bArbeiter(n|s)?\b/, "Worker"],
  [/\bSchlangen?\b/, "Warteschlange"],
];

test("a thing has one name in German", () => {
  const wrong = readdirSync(FOLDER).flatMap((file) =>
    Object.entries(JSON.parse(readFileSync(new URL(file, FOLDER), "utf8")) as Record<string, string>).flatMap(([key, text]) => {
      const said = text.replace(/\{[^{}]*\}/g, ""); // names of what is filled in are English
      return SAID_ALREADY.filter(([word]) => word.test(said)).map(([, right]) => `${key}: ${right}`);
    }),
  );
  expect(wrong).toEqual([]);
});
