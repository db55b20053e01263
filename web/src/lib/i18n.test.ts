import { beforeEach, expect, test, vi } from "vitest";
import { language, speak, t, wantedLanguage, wasLanguageChosen } from "@/lib/i18n";
import { LANGUAGES } from "@/messages/keys";
import "@/messages/en/common";
import "@/messages/en/me";

const kept = new Map<string, string>();

beforeEach(() => {
  kept.clear();
  vi.stubGlobal("localStorage", {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, text: string) => kept.set(name, text),
  });
  vi.stubGlobal("document", { documentElement: { lang: "" } });
  vi.stubGlobal("navigator", { languages: ["fr-FR", "de-AT", "en"] });
});

test("the first of the browser's languages that we speak is spoken, else English", () => {
  expect(wantedLanguage()).toBe("de");
  vi.stubGlobal("navigator", { languages: ["fr-FR", "xx"] });
  expect(wantedLanguage()).toBe("en");
});

test("what was chosen wins over the browser, and what we do not speak is as if nothing was chosen", () => {
  kept.set("listbackup.language", "en");
  expect(wantedLanguage()).toBe("en");
  kept.set("listbackup.language", "tlh");
  expect(wantedLanguage()).toBe("de");
});

test("a language is remembered when somebody chose it, not when it was guessed", async () => {
  await speak("de", false);
  expect([language(), document.documentElement.lang, wasLanguageChosen()]).toEqual(["de", "de", false]);
  expect(t("common.close")).toBe("Schließen");
  await speak("en");
  expect([t("common.close"), wasLanguageChosen()]).toEqual(["Close", true]);
});

test("numbers follow the rules of the language", async () => {
  expect([0, 1, 2].map((left) => t("me.recovery.left", { left }))).toEqual([
    "No recovery codes left",
    "1 recovery code left",
    "2 recovery codes left",
  ]);
  await speak("de", false);
  expect(t("me.recovery.left", { left: 0 })).toBe("Keine Wiederherstellungscodes übrig");
  await speak("en", false);
});

test("a text that is missing shows its key, and breaks nothing", () => {
  expect(t("nothing.of.the.kind" as never)).toBe("nothing.of.the.kind");
  expect(LANGUAGES).toContain("en");
});
