// biome-ignore-all lint/a11y/useSemanticElements: a table of a million rows cannot be a table element
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus and the keys, its parts are pointed at (aria-activedescendant)
"use client";

import { ArrowDown, ArrowUp } from "lucide-react";
import type { PointerEvent } from "react";
import { cn } from "@/lib/cn";
import { useT } from "@/lib/i18n";
import "@/messages/en/grid";

export type Order = { column: string; isDescending: boolean };
export const NARROWEST = 64;
export const WIDEST = 900;

type HeadColumn = { id: string; name: string; width: number; isNumber?: boolean; canSort?: boolean };
type HeadProps = {
  id: string;
  columns: readonly HeadColumn[];
  line: string;
  width: number;
  height: number;
  hasChoice: boolean;
  order?: Order | null;
  onOrder?: (column: string) => void;
  onWidth: (column: string, width: number) => void;
};

/** The names of the columns, that stay on top. A name puts the rows in its order, its edge changes its width (the columns' menu does too). */
export function GridHead({ id, columns, line, width, height, hasChoice, order, onOrder, onWidth }: HeadProps) {
  const t = useT();
  return (
    <div role="rowgroup" className="sticky top-0 z-10" style={{ width, minWidth: "100%" }}>
      <div
        role="row"
        aria-rowindex={1}
        className="grid border-b border-line bg-surface text-xs text-muted"
        style={{ height, gridTemplateColumns: line }}
      >
        {hasChoice && (
          <div role="columnheader">
            <span className="sr-only">{t("grid.chosen")}</span>
          </div>
        )}
        {columns.map((column, place) => {
          const sorted = order?.column === column.id ? (order.isDescending ? "descending" : "ascending") : undefined;
          return (
            <div
              key={column.id}
              id={`${id}-head-${place}`}
              role="columnheader"
              aria-sort={column.canSort ? (sorted ?? "none") : undefined}
              className="relative flex min-w-0 items-center font-medium"
            >
              {column.canSort && onOrder ? (
                <button
                  type="button"
                  onClick={() => onOrder(column.id)}
                  className={cn(
                    "flex h-full min-w-0 flex-1 items-center gap-1 px-3 hover:text-ink",
                    column.isNumber && "justify-end",
                    sorted && "text-ink",
                  )}
                >
                  <span className="truncate">{column.name}</span>
                  {sorted === "ascending" && <ArrowUp aria-hidden className="size-3.5 shrink-0" />}
                  {sorted === "descending" && <ArrowDown aria-hidden className="size-3.5 shrink-0" />}
                </button>
              ) : (
                <span className={cn("min-w-0 flex-1 truncate px-3", column.isNumber && "text-right")}>{column.name}</span>
              )}
              <Edge width={column.width} onWidth={(wide) => onWidth(column.id, wide)} />
            </div>
          );
        })}
      </div>
    </div>
  );
}

function Edge({ width, onWidth }: { width: number; onWidth: (width: number) => void }) {
  const start = (event: PointerEvent<HTMLSpanElement>) => {
    event.preventDefault();
    const edge = event.currentTarget;
    const from = event.clientX;
    edge.setPointerCapture(event.pointerId);
    const move = (moved: globalThis.PointerEvent) =>
      onWidth(Math.round(Math.max(NARROWEST, Math.min(WIDEST, width + moved.clientX - from))));
    edge.addEventListener("pointermove", move);
    edge.addEventListener("lostpointercapture", () => edge.removeEventListener("pointermove", move), { once: true });
  };
  return (
    <span
      aria-hidden
      onPointerDown={start}
      className="absolute inset-y-0 right-0 w-2 cursor-col-resize touch-none after:absolute after:inset-y-2 after:right-0 after:w-px after:bg-line hover:after:inset-y-0 hover:after:w-0.5 hover:after:bg-accent"
    />
  );
}
