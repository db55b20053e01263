"use client";

import {
  Activity,
  Building2,
  Database,
  FileDown,
  Files,
  KeyRound,
  LayoutDashboard,
  Menu as MenuIcon,
  Plug,
  RotateCcw,
  Search,
  ServerCog,
  Users,
} from "lucide-react";
import { type ReactNode, useContext, useEffect, useState } from "react";
import { cn } from "@/lib/cn";
import { type Key, useT } from "@/lib/i18n";
import { HereContext } from "@/lib/session";
import { usePath } from "@/platform/params";
import { Link } from "@/platform/router";
import { Button } from "@/ui/button";

type Entry = {
  to: string;
  name: Key;
  icon: typeof Activity;
  needs: Parameters<NonNullable<React.ContextType<typeof HereContext>>["may"]>[0];
};

// One line a screen: where it is, its name, and the permission without which it is not shown.
const ENTRIES: readonly Entry[] = [
  { to: "", name: "shell.nav.overview", icon: LayoutDashboard, needs: "sources:read" },
  { to: "/sources", name: "shell.nav.sources", icon: Database, needs: "sources:read" },
  { to: "/connections", name: "shell.nav.connections", icon: Plug, needs: "connections:read" },
  { to: "/search", name: "shell.nav.search", icon: Search, needs: "content:read" },
  { to: "/restores", name: "shell.nav.restores", icon: RotateCcw, needs: "restores:read" },
  { to: "/exports", name: "shell.nav.exports", icon: FileDown, needs: "exports:create" },
  { to: "/files", name: "shell.nav.files", icon: Files, needs: "content:read" },
  { to: "/activity", name: "shell.nav.activity", icon: Activity, needs: "activity:read" },
  { to: "/accounts", name: "shell.nav.accounts", icon: Building2, needs: "accounts:read" },
  { to: "/people", name: "shell.nav.people", icon: Users, needs: "members:read" },
  { to: "/api-keys", name: "shell.nav.keys", icon: KeyRound, needs: "api-keys:manage" },
  { to: "/system", name: "shell.nav.system", icon: ServerCog, needs: "system:operate" },
];

/** Navigation on the left (behind a button on narrow screens), the screen on the right. */
export function Frame({ children }: { children: ReactNode }) {
  const t = useT();
  const [isOpen, setOpen] = useState(false);
  const path = usePath();
  // biome-ignore lint/correctness/useExhaustiveDependencies: going elsewhere closes the navigation
  useEffect(() => setOpen(false), [path]);
  return (
    <div className="min-h-dvh lg:grid lg:grid-cols-[15rem_minmax(0,1fr)]">
      <a
        href="#main"
        className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded-md focus:bg-surface focus:px-3 focus:py-2"
      >
        {t("shell.skip")}
      </a>
      <header className="sticky top-0 z-30 flex h-12 items-center gap-2 border-b border-line bg-surface px-3 lg:hidden" data-print="no">
        <Button
          kind="quiet"
          size="icon"
          aria-label={t("shell.menu")}
          aria-expanded={isOpen}
          aria-controls="nav"
          onClick={() => setOpen(!isOpen)}
        >
          <MenuIcon aria-hidden />
        </Button>
        <span className="font-semibold">ListBackup</span>
      </header>
      <aside
        id="nav"
        data-print="no"
        className={cn(
          "border-line bg-surface lg:sticky lg:top-0 lg:block lg:h-dvh lg:overflow-y-auto lg:border-r",
          isOpen ? "block border-b" : "hidden",
        )}
      >
        <Navigation path={path} />
      </aside>
      <main id="main" tabIndex={-1} className="min-w-0 outline-none">
        {children}
      </main>
    </div>
  );
}

function Navigation({ path }: { path: string }) {
  const t = useT();
  const here = useContext(HereContext);
  return (
    <nav aria-label={t("shell.nav")} className="grid gap-0.5 p-3">
      <p className="hidden h-9 items-center px-2 font-semibold lg:flex">ListBackup</p>
      {here &&
        ENTRIES.filter((entry) => here.may(entry.needs)).map(({ to, name, icon: Icon }) => {
          const href = here.path(to);
          const isHere = to === "" ? path === href : path.startsWith(href);
          return (
            <Link
              key={to}
              href={href}
              aria-current={isHere ? "page" : undefined}
              className={cn(
                "flex h-8.5 items-center gap-2.5 rounded-md px-2 text-sm",
                isHere ? "bg-accent-soft font-medium text-accent" : "text-muted hover:bg-sunken hover:text-ink",
              )}
            >
              <Icon aria-hidden className="size-4" />
              {t(name)}
            </Link>
          );
        })}
    </nav>
  );
}
