"use client";

import type { ReactNode } from "react";
import { useT } from "@/lib/i18n";
import { EntryPage } from "@/screens/entry/entry-page";
import { ToSignIn } from "@/screens/entry/to-sign-in";

/** The address of a letter's page without what the letter's link brings. */
export function NoToken({ title, action }: { title: string; action?: ReactNode }) {
  const t = useT();
  return (
    <EntryPage title={title} foot={<ToSignIn />}>
      <p className="text-sm">{t("entry.notoken")}</p>
      {action}
    </EntryPage>
  );
}
