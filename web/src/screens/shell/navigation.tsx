"use client";

import type { LucideIcon } from "lucide-react";
import { type ReactNode, useContext } from "react";
import { cn } from "@/lib/cn";
import { useT } from "@/lib/i18n";
import { HereContext } from "@/lib/session";
import { usePath } from "@/platform/params";
import { Link } from "@/platform/router";
import { ENTRIES } from "@/screens/shell/entries";

/** The screens of the account that one may see. */
export function Navigation() {
  const t = useT();
  const path = usePath();
  const here = useContext(HereContext);
  const groups = here ? ENTRIES.map((group) => group.filter((entry) => here.may(entry.needs))).filter((group) => group.length > 0) : [];
  return (
    <nav aria-label={t("shell.nav")} className="grid gap-3 p-3 pt-2">
      {groups.map((group) => (
        <ul key={group[0]?.name} className="grid gap-0.5 not-first:border-t not-first:border-line not-first:pt-3">
          {group.map(({ to, name, icon }) => (
            <li key={name}>
              <NavLink href={here?.path(to) ?? ""} icon={icon} isHere={isAt(path, here?.path(to) ?? "", to === "")}>
                {t(name)}
              </NavLink>
            </li>
          ))}
        </ul>
      ))}
    </nav>
  );
}

/** One line of a navigation. */
export function NavLink({ href, icon: Icon, isHere, children }: { href: string; icon: LucideIcon; isHere: boolean; children: ReactNode }) {
  return (
    <Link
      href={href}
      aria-current={isHere ? "page" : undefined}
      className={cn(
        "flex h-8 items-center gap-2.5 rounded-md px-2 text-sm",
        isHere ? "bg-accent-soft font-medium text-accent" : "text-muted hover:bg-sunken hover:text-ink",
      )}
    >
      <Icon aria-hidden className="size-4 shrink-0" />
      {children}
    </Link>
  );
}

const isAt = (path: string, href: string, isExact: boolean) => path === href || (!isExact && path.startsWith(`${href}/`));
