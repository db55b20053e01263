// biome-ignore-all lint/a11y/useSemanticElements: a table of a million rows cannot be a table element
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus and the keys, its parts are pointed at (aria-activedescendant)
"use client";

import { type CSSProperties, memo, type ReactNode } from "react";
import { cn } from "@/lib/cn";
import { useT } from "@/lib/i18n";
import { ROW } from "@/ui/grid-window";
import "@/messages/en/grid";

export type Column<T> = {
  id: string;
  name: string;
  /** [px] */
  width: number;
  isNumber?: boolean;
  canSort?: boolean;
  /** What stands in the cell. A link is a plain `a`: the grid opens its row within the app. */
  cell: (row: T) => ReactNode;
};

/** A column as the rows need it: where its cells stand and how they look is said once, not by every cell. */
export type Place = { style: CSSProperties; look: string; cell: (row: unknown) => ReactNode };

const CELL = "absolute top-0 h-full truncate px-3 leading-[33px]";
const ACTIVE = "group-focus-visible/grid:outline-2 group-focus-visible/grid:outline-offset-[-2px] group-focus-visible/grid:outline-accent";

/** Where the cells of each column stand, behind `from` pixels. */
export function placesOf<T>(columns: readonly Column<T>[], from: number): Place[] {
  let left = from;
  return columns.map(({ width, isNumber, cell }) => {
    const style = { left, width };
    left += width;
    return { style, look: cn(CELL, isNumber && "text-right tabular-nums"), cell: cell as Place["cell"] };
  });
}

export type Lines = {
  /** What the ids of the cells begin with. */
  id: string;
  places: readonly Place[];
  width: number;
  canOpen: boolean;
  /** Where rows may be chosen. */
  onToggle?: (row: unknown) => void;
};

type RowProps = { lines: Lines; index: number; top: number; row: unknown; active: number; isChosen: boolean };

/** The id of the cell that the keyboard is at; the others need none. */
export const cellId = (id: string, row: number, column: number) => `${id}-${row}-${column}`;

/** One row. Each cell has a fixed place and size, so that another text in it is nobody else's layout; the list hears the clicks. */
export const GridRow = memo(function GridRow({ lines, index, top, row, active, isChosen }: RowProps) {
  const t = useT();
  const isThere = row !== undefined;
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-selected={lines.onToggle ? isChosen : undefined}
      aria-busy={isThere ? undefined : true}
      className={cn(
        "absolute left-0 min-w-full overflow-hidden border-b border-line/70 hover:bg-sunken",
        lines.canOpen && "cursor-pointer",
        isChosen ? "bg-accent-soft" : active >= 0 && "group-focus-visible/grid:bg-sunken",
        !isThere && "before:absolute before:inset-x-3 before:top-3 before:h-2.5 before:rounded before:bg-line/70",
      )}
      style={{ top, height: ROW, width: lines.width }}
    >
      {lines.onToggle && (
        <div role="gridcell" className="absolute top-0 left-0 grid h-full w-10 place-items-center">
          <input
            type="checkbox"
            tabIndex={-1}
            aria-label={t("grid.choose", { row: index + 1 })}
            checked={isChosen}
            disabled={!isThere}
            onChange={() => lines.onToggle?.(row)}
            className="size-4.5 accent-accent"
          />
        </div>
      )}
      {lines.places.map(({ style, look, cell }, place) => (
        <div
          // biome-ignore lint/suspicious/noArrayIndexKey: a cell is its place, whatever stands in it
          key={place}
          id={active === place ? cellId(lines.id, index, place) : undefined}
          role="gridcell"
          className={active === place ? cn(look, ACTIVE) : look}
          style={style}
        >
          {isThere ? cell(row) : place === 0 && <span className="sr-only">{t("grid.waiting")}</span>}
        </div>
      ))}
    </div>
  );
});
