"use client";

import { Columns3, Minus, Plus } from "lucide-react";
import { Popover } from "radix-ui";
import { useState } from "react";
import { useT } from "@/lib/i18n";
import { Button } from "@/ui/button";
import { Check } from "@/ui/field";
import { NARROWEST, WIDEST } from "@/ui/grid-head";
import "@/messages/en/grid";

export type Kept = { shown: readonly string[] | null; widths: Readonly<Record<string, number>> };
const NOTHING: Kept = { shown: null, widths: {} };

/** Which columns a person chose and how wide, remembered on this device under `name`. */
export function useKeptColumns(name: string): [Kept, (change: (kept: Kept) => Kept) => void] {
  const place = `listbackup.columns.${name}`;
  const [held, setHeld] = useState(() => ({ place, kept: read(place) }));
  const kept = held.place === place ? held.kept : read(place);
  const change = (make: (kept: Kept) => Kept) => {
    const next = make(read(place));
    localStorage.setItem(place, JSON.stringify(next));
    setHeld({ place, kept: next });
  };
  return [kept, change];
}

function read(place: string): Kept {
  if (typeof window === "undefined") return NOTHING;
  try {
    return { ...NOTHING, ...JSON.parse(localStorage.getItem(place) ?? "{}") };
  } catch {
    return NOTHING; // somebody else's words; the usual columns are shown
  }
}

type Offered = { id: string; name: string; width: number };

/** Chooses columns and, for those who do not drag, their widths. */
export function ColumnsMenu({
  offered,
  shown,
  onShow,
  onWidth,
}: {
  offered: readonly Offered[];
  shown: readonly string[];
  onShow: (shown: readonly string[]) => void;
  onWidth: (column: string, width: number) => void;
}) {
  const t = useT();
  const toggle = (id: string) =>
    onShow(
      shown.includes(id)
        ? shown.filter((one) => one !== id)
        : offered.map((one) => one.id).filter((one) => one === id || shown.includes(one)),
    );
  return (
    <Popover.Root>
      <Popover.Trigger asChild>
        <Button>
          <Columns3 aria-hidden />
          {t("grid.columns")}
        </Button>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          aria-label={t("grid.columns")}
          align="end"
          sideOffset={4}
          collisionPadding={8}
          className="z-50 max-h-96 w-72 overflow-y-auto rounded-lg border border-line bg-surface p-2 shadow-lift"
        >
          <ul>
            {offered.map((column) => (
              <li key={column.id} className="flex min-h-8 items-center justify-between gap-2 rounded-md px-2 hover:bg-sunken">
                <Check label={column.name} checked={shown.includes(column.id)} onChange={() => toggle(column.id)} />
                {shown.includes(column.id) && (
                  <span className="flex">
                    <Button
                      kind="quiet"
                      size="icon-sm"
                      aria-label={t("grid.narrower", { column: column.name })}
                      onClick={() => onWidth(column.id, Math.max(NARROWEST, column.width - 32))}
                    >
                      <Minus aria-hidden />
                    </Button>
                    <Button
                      kind="quiet"
                      size="icon-sm"
                      aria-label={t("grid.wider", { column: column.name })}
                      onClick={() => onWidth(column.id, Math.min(WIDEST, column.width + 32))}
                    >
                      <Plus aria-hidden />
                    </Button>
                  </span>
                )}
              </li>
            ))}
          </ul>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
