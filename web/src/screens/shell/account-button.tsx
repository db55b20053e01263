"use client";

import { ChevronsUpDown } from "lucide-react";
import { useContext } from "react";
import { useT } from "@/lib/i18n";
import { HereContext } from "@/lib/session";
import { overlay } from "@/screens/shell/overlays";
import { Mark } from "@/ui/mark";

/** Which account this is, and the way to another one. */
export function AccountButton() {
  const t = useT();
  const here = useContext(HereContext);
  if (!here)
    return (
      <p className="flex h-10 items-center gap-2.5 px-1 font-semibold">
        <Mark className="size-7" /> ListBackup
      </p>
    );
  return (
    <button
      type="button"
      aria-haspopup="dialog"
      aria-label={t("shell.account.switch", { name: here.account.name })}
      onClick={() => overlay.open("accounts")}
      onPointerEnter={overlay.prepare}
      className="flex h-10 w-full min-w-0 items-center gap-2.5 rounded-md px-1 text-left hover:bg-sunken"
    >
      <Mark className="size-7 shrink-0" />
      <span className="min-w-0 flex-1">
        <span className="block truncate text-sm leading-tight font-semibold">{here.account.name}</span>
        {here.account.state !== "active" && <span className="block truncate text-xs text-warn">{t("shell.account.suspended")}</span>}
      </span>
      <ChevronsUpDown aria-hidden className="size-4 shrink-0 text-muted" />
    </button>
  );
}
