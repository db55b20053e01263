"use client";

import { type Language, speak, useLanguage, useT } from "@/lib/i18n";
import { LANGUAGES } from "@/messages/keys";

/** Each language by its own name: who cannot read this page must find theirs. */
export const LANGUAGE_NAMES: Record<Language, string> = { en: "English", de: "Deutsch" };

/** A small choice of the language, for pages without a user menu. */
export function LanguageChoice() {
  const t = useT();
  return (
    <select
      aria-label={t("common.language")}
      value={useLanguage()}
      onChange={(event) => void speak(event.target.value as Language)}
      className="h-7 rounded-md bg-transparent px-1 text-[13px] text-muted hover:text-ink"
    >
      {LANGUAGES.map((name) => (
        <option key={name} value={name} lang={name}>
          {LANGUAGE_NAMES[name]}
        </option>
      ))}
    </select>
  );
}
