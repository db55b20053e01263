"use client";

import { Check, Languages, SunMoon } from "lucide-react";
import { language, useT } from "@/lib/i18n";
import { THEMES, useTheme } from "@/lib/theme";
import { LANGUAGES } from "@/messages/keys";
import { LANGUAGE_NAMES } from "@/screens/shell/language";
import type { PageProps } from "@/screens/shell/palette";
import { chooseLanguage, chooseTheme } from "@/screens/shell/taste";
import { CommandGroup, CommandItem } from "@/ui/command";

export function ThemeItems({ onClose }: PageProps) {
  const t = useT();
  const now = useTheme();
  return (
    <CommandGroup title={t("shell.user.theme")}>
      {THEMES.map((name) => (
        <CommandItem
          key={name}
          id={name}
          name={t(`shell.theme.${name}`)}
          icon={now === name ? <Check aria-hidden /> : <SunMoon aria-hidden />}
          onChoose={() => {
            chooseTheme(name);
            onClose();
          }}
        />
      ))}
    </CommandGroup>
  );
}

export function LanguageItems({ onClose }: PageProps) {
  const t = useT();
  return (
    <CommandGroup title={t("common.language")}>
      {LANGUAGES.map((name) => (
        <CommandItem
          key={name}
          id={name}
          name={LANGUAGE_NAMES[name]}
          icon={language() === name ? <Check aria-hidden /> : <Languages aria-hidden />}
          onChoose={() => {
            chooseLanguage(name);
            onClose();
          }}
        />
      ))}
    </CommandGroup>
  );
}
