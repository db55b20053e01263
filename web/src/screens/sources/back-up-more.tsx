"use client";

import { ChevronDown } from "lucide-react";
import { useT } from "@/lib/i18n";
import { Button } from "@/ui/button";
import { Menu, MenuItem } from "@/ui/menu";
import "@/messages/en/sources";

/** The other way to back up: everything read again. */
export default function BackUpMore({ kind, onFull }: { kind: "primary" | "plain"; onFull: () => void }) {
  const t = useT();
  return (
    <Menu
      trigger={
        <Button kind={kind} size="icon" aria-label={t("sources.backup.more")}>
          <ChevronDown aria-hidden />
        </Button>
      }
    >
      <MenuItem onChoose={onFull}>
        <span className="grid max-w-64 py-1">
          {t("sources.backup.full")}
          <span className="text-[13px] text-muted">{t("sources.backup.full.about")}</span>
        </span>
      </MenuItem>
    </Menu>
  );
}
