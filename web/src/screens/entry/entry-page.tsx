"use client";

import { CircleAlert } from "lucide-react";
import { type ReactNode, useEffect } from "react";
import { useT } from "@/lib/i18n";
import type { Problem } from "@/lib/problem";
import { saidOf } from "@/screens/entry/said";
import { LanguageChoice } from "@/screens/shell/language";
import { Mark } from "@/ui/mark";
import "@/messages/en/entry";

/** The frame of the pages by which one comes in: one sheet, one question. */
export function EntryPage({ title, about, foot, children }: { title: string; about?: ReactNode; foot?: ReactNode; children: ReactNode }) {
  useEffect(() => {
    document.title = title.includes("ListBackup") ? title : `${title} · ListBackup`;
  }, [title]);
  return (
    <div className="mx-auto flex min-h-dvh w-full max-w-[25rem] flex-col justify-center px-4 py-8">
      <main className="grid gap-6 rounded-xl border border-line bg-surface p-6 sm:p-8">
        <header className="grid gap-3">
          <Mark className="size-9" />
          <div className="grid gap-1">
            <h1 className="text-xl font-semibold tracking-tight">{title}</h1>
            {about && <div className="text-sm text-muted">{about}</div>}
          </div>
        </header>
        {children}
      </main>
      <footer className="mt-4 flex items-start justify-between gap-x-4 px-1 text-[13px] text-muted">
        <div className="grid justify-items-start">{foot}</div>
        <LanguageChoice />
      </footer>
    </div>
  );
}

/** What the API refused, above the form's button; what concerns one field stands at that field. */
export function Refusal({ problem, action }: { problem: Problem | null; action?: ReactNode }) {
  useT();
  if (!problem) return null;
  const said = saidOf(problem);
  return (
    <div role="alert" className="flex gap-2 rounded-md bg-bad-soft px-3 py-2 text-sm text-bad">
      <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0" />
      <div className="grid gap-1">
        <p>{said}</p>
        {action}
      </div>
    </div>
  );
}

/** Something good has happened, or something has to be waited for. */
export const Told = ({ children }: { children: ReactNode }) => (
  <div role="status" className="grid gap-2 text-sm">
    {children}
  </div>
);
