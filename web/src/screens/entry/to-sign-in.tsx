"use client";

import { useT } from "@/lib/i18n";
import { Link } from "@/platform/router";

/** The way back to the front door. */
export function ToSignIn() {
  const t = useT();
  return (
    <Link href="/sign-in" className="inline-flex min-h-7 items-center hover:text-ink hover:underline">
      {t("entry.tosignin")}
    </Link>
  );
}
