"use client";

import { ShieldAlert } from "lucide-react";
import { useContext } from "react";
import { useT } from "@/lib/i18n";
import { HereContext, SessionContext } from "@/lib/session";
import { Link } from "@/platform/router";

/** For those who may do what the API only lets people with a second factor do, and have none. */
export function MfaHint() {
  const t = useT();
  const here = useContext(HereContext);
  const session = useContext(SessionContext);
  if (!session || session.me.has_mfa || !here?.may("accounts:manage")) return null;
  return (
    <Link href="/me/security" className="mb-1 flex items-start gap-2 rounded-md bg-warn-soft px-2 py-1.5 text-xs text-warn hover:underline">
      <ShieldAlert aria-hidden className="mt-0.5 size-3.5 shrink-0" />
      {t("shell.mfa.hint")}
    </Link>
  );
}
