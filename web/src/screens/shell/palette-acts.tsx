"use client";

import { Building2, DatabaseBackup, Eraser, FileDown, FileText, KeyRound, RotateCcw, ShieldCheck } from "lucide-react";
import type { Key } from "@/lib/i18n";
import { useT } from "@/lib/i18n";
import { type Here, useHere } from "@/lib/session";
import { useGo } from "@/platform/router";
import { CommandItem } from "@/ui/command";

const ACTS: readonly { name: Key; to: string; needs: Parameters<Here["may"]>[0]; icon: typeof FileText }[] = [
  { name: "palette.source", to: "/sources/new", needs: "sources:manage", icon: DatabaseBackup },
  { name: "palette.restore", to: "/restores/new", needs: "restores:plan", icon: RotateCcw },
  { name: "palette.export", to: "/exports?new=1", needs: "exports:create", icon: FileDown },
  { name: "palette.report", to: "/report", needs: "sources:read", icon: FileText },
  { name: "palette.key", to: "/api-keys?new=1", needs: "api-keys:manage", icon: KeyRound },
  { name: "palette.client", to: "/accounts?new=1", needs: "accounts:manage", icon: Building2 },
  { name: "palette.verify", to: "/activity?verify=1", needs: "activity:read", icon: ShieldCheck },
  { name: "palette.erase", to: "/erasures?new=1", needs: "erasures:execute", icon: Eraser },
];

/** What can be begun from anywhere: each leads to the screen that it belongs to, with its question open. */
export function FurtherActs({ onClose }: { onClose: () => void }) {
  const t = useT();
  const go = useGo();
  const here = useHere();
  return ACTS.filter((act) => here.may(act.needs)).map(({ name, to, icon: Icon }) => (
    <CommandItem
      key={name}
      id={name}
      name={t(name)}
      icon={<Icon aria-hidden />}
      onChoose={() => {
        onClose();
        go.to(here.path(to));
      }}
    />
  ));
}
