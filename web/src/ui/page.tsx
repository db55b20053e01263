"use client";

import { ChevronRight } from "lucide-react";
import { type ReactNode, useEffect } from "react";
import { useT } from "@/lib/i18n";
import { Link } from "@/platform/router";

type PageProps = {
  title: string;
  about?: ReactNode;
  trail?: readonly { name: string; href: string }[];
  actions?: ReactNode;
  /** As wide as the window: for tables of many columns. */
  isWide?: boolean;
  children: ReactNode;
};

/** The frame of every screen: its title (also the browser's), where it hangs, and what can be done with the whole of it. */
export function Page({ title, about, trail = [], actions, isWide = false, children }: PageProps) {
  const t = useT();
  useEffect(() => {
    document.title = `${title} · ListBackup`;
  }, [title]);
  return (
    <div className={isWide ? "w-full px-4 py-5 sm:px-6" : "mx-auto w-full max-w-6xl px-4 py-5 sm:px-6"}>
      {trail.length > 0 && (
        <nav aria-label={t("common.trail")} className="mb-1" data-print="no">
          <ol className="flex flex-wrap items-center gap-1 text-[13px] text-muted">
            {trail.map((step) => (
              <li key={step.href} className="flex items-center gap-1">
                <Link href={step.href} className="inline-flex min-h-6 items-center hover:text-ink hover:underline">
                  {step.name}
                </Link>
                <ChevronRight aria-hidden className="size-3.5" />
              </li>
            ))}
          </ol>
        </nav>
      )}
      <header className="mb-5 flex flex-wrap items-start justify-between gap-x-4 gap-y-3">
        <div className="min-w-0">
          <h1 className="text-xl font-semibold tracking-tight">{title}</h1>
          {about && <div className="mt-0.5 text-sm text-muted">{about}</div>}
        </div>
        {actions && (
          <div className="flex flex-wrap gap-2" data-print="no">
            {actions}
          </div>
        )}
      </header>
      {children}
    </div>
  );
}
