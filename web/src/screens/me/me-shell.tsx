"use client";

import { ArrowLeft, ShieldCheck, UserRound } from "lucide-react";
import type { ReactNode } from "react";
import { useT } from "@/lib/i18n";
import { useSession } from "@/lib/session";
import { usePath } from "@/platform/params";
import { Frame } from "@/screens/shell/frame";
import { NavLink } from "@/screens/shell/navigation";
import { SignedIn } from "@/screens/shell/signed-in";
import { SkeletonRows } from "@/ui/skeleton";
import "@/messages/en/me";
import "@/messages/en/shell";

/** The frame of what concerns the person alone. */
export function MeShell({ children }: { children: ReactNode }) {
  const waiting = (
    <Frame nav={null}>
      <SkeletonRows />
    </Frame>
  );
  return (
    <SignedIn skeleton={waiting}>
      <Frame nav={<MeNavigation />}>{children}</Frame>
    </SignedIn>
  );
}

function MeNavigation() {
  const t = useT();
  const path = usePath();
  const { accounts } = useSession();
  const current = (accounts.find((mine) => mine.is_current) ?? accounts[0])?.account;
  return (
    <nav aria-label={t("shell.nav")} className="grid gap-3 p-3 pt-2">
      {current && (
        <NavLink href={`/a/${current.id}`} icon={ArrowLeft} isHere={false}>
          <span className="truncate">{current.name}</span>
        </NavLink>
      )}
      <ul className="grid gap-0.5 border-t border-line pt-3">
        <li>
          <NavLink href="/me/profile" icon={UserRound} isHere={path === "/me/profile"}>
            {t("shell.user.profile")}
          </NavLink>
        </li>
        <li>
          <NavLink href="/me/security" icon={ShieldCheck} isHere={path === "/me/security"}>
            {t("shell.user.security")}
          </NavLink>
        </li>
      </ul>
    </nav>
  );
}
