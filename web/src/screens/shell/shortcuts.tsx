"use client";

import { useContext } from "react";
import { useT } from "@/lib/i18n";
import { HereContext } from "@/lib/session";
import { ENTRIES } from "@/screens/shell/entries";
import { useShortcutName } from "@/screens/shell/overlays";
import { Dialog } from "@/ui/dialog";
import "@/messages/en/palette";

/** The keys that lead somewhere. */
export default function Shortcuts({ onClose }: { onClose: () => void }) {
  const t = useT();
  const here = useContext(HereContext);
  const palette = useShortcutName();
  const rows: [string, string][] = [
    [palette, t("palette.keys.palette")],
    ["/", t("palette.keys.search")],
    ["?", t("palette.keys.sheet")],
    ["Esc", t("palette.keys.close")],
    ...ENTRIES.flat()
      .filter((entry) => here?.may(entry.needs))
      .map((entry): [string, string] => [`g ${entry.key}`, t(entry.name)]),
  ];
  return (
    <Dialog isOpen onClose={onClose} title={t("palette.keys.title")}>
      <dl className="grid gap-x-8 gap-y-1.5 sm:grid-cols-2">
        {rows.map(([keys, name]) => (
          <div key={keys} className="flex min-h-7 items-center justify-between gap-3 text-sm">
            <dt>{name}</dt>
            <dd className="flex gap-1">
              {keys.split(" ").map((key) => (
                <kbd key={key} className="min-w-6 rounded border border-line bg-sunken px-1.5 text-center font-sans text-xs">
                  {key}
                </kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
