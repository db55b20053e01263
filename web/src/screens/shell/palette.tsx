"use client";

import { useContext, useState } from "react";
import { type Key, useT } from "@/lib/i18n";
import { HereContext } from "@/lib/session";
import { AccountItems } from "@/screens/shell/palette-accounts";
import { RootItems } from "@/screens/shell/palette-root";
import { BackUpItems, TimeItems } from "@/screens/shell/palette-sources";
import { LanguageItems, ThemeItems } from "@/screens/shell/palette-taste";
import { CommandDialog } from "@/ui/command";
import "@/messages/en/palette";

export type PalettePage = "root" | "accounts" | "backup" | "time" | "theme" | "language";
export type PageProps = { typed: string; onPage: (page: PalettePage) => void; onClose: () => void };

const HINTS: Record<PalettePage, Key> = {
  root: "palette.hint.root",
  accounts: "palette.hint.accounts",
  backup: "palette.hint.backup",
  time: "palette.hint.time",
  theme: "palette.hint.theme",
  language: "palette.hint.language",
};
const PAGES = { root: RootItems, accounts: AccountItems, backup: BackUpItems, time: TimeItems, theme: ThemeItems, language: LanguageItems };

/** Everything that can be gone to or done, by name. Some acts ask for one thing more: they have a page of their own within. */
export default function Palette({ page: first, onClose }: { page: PalettePage; onClose: () => void }) {
  const t = useT();
  const here = useContext(HereContext);
  const [page, setPage] = useState<PalettePage>(first);
  const [typed, setTyped] = useState("");
  const become = (next: PalettePage) => {
    setPage(next);
    setTyped("");
  };
  const Items = PAGES[page];
  return (
    <CommandDialog
      title={t("palette.title")}
      hint={t(HINTS[page])}
      typed={typed}
      onType={setTyped}
      onBack={page === first ? undefined : () => become(first)}
      onClose={onClose}
      isFiltered={page !== "time"}
      empty={t(page === "time" ? "palette.time.empty" : "palette.empty")}
    >
      {here || page !== "time" ? <Items typed={typed} onPage={become} onClose={onClose} /> : null}
    </CommandDialog>
  );
}
