import { i18n } from "@lingui/core";
import { useSyncExternalStore } from "react";
import { type Key, LANGUAGES } from "@/messages/keys";

export type Language = (typeof LANGUAGES)[number];
export type { Key };

i18n.load("en", {}); // screens bring their own
i18n.activate("en");

const KEPT = "listbackup.language";
const others: Record<string, () => Promise<{ default: Record<string, unknown> }>> = { de: () => import("@/messages/de") };
const listeners = new Set<() => void>();

/** The text of a key in the chosen language. `values` fill its places: {count}, {name}. */
export function t(key: Key, values?: Record<string, string | number>): string {
  return i18n._(key, values);
}

/** `t`, and a render when the language changes. Every component that shows words takes it from here. */
export function useT() {
  return useLanguage() === i18n.locale ? t : english;
}

/** The language of this render: English while a prerendered page is taken over, part by part, whatever has been loaded meanwhile. */
export function useLanguage(): Language {
  return useSyncExternalStore(
    subscribe,
    () => i18n.locale as Language,
    () => "en",
  );
}

function english(key: Key, values?: Record<string, string | number>): string {
  const spoken = i18n.locale;
  i18n.activate("en");
  try {
    return t(key, values);
  } finally {
    i18n.activate(spoken);
  }
}

export const language = () => i18n.locale as Language;

/** Loads and shows a language; one that somebody chose is remembered on this device. */
export async function speak(wanted: Language, isChosen = true): Promise<void> {
  const load = others[wanted];
  if (load) i18n.load(wanted, (await load()).default as never);
  i18n.activate(wanted);
  document.documentElement.lang = wanted;
  if (isChosen) localStorage.setItem(KEPT, wanted);
  for (const tell of listeners) tell();
}

/** Whether a language was ever chosen on this device. */
export const wasLanguageChosen = () => localStorage.getItem(KEPT) !== null;

/** What was chosen on this device, else the first of the browser's languages that we speak. */
export function wantedLanguage(): Language {
  const kept = localStorage.getItem(KEPT);
  const asked = [kept, ...navigator.languages.map((name) => name.slice(0, 2))];
  return (asked.find((name) => LANGUAGES.includes(name as Language)) as Language | undefined) ?? "en";
}

function subscribe(tell: () => void) {
  listeners.add(tell);
  return () => {
    listeners.delete(tell);
  };
}
