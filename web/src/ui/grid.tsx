// biome-ignore-all lint/a11y/useSemanticElements: a table of a million rows cannot be a table element
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus and the keys, its parts are pointed at (aria-activedescendant)
// biome-ignore-all lint/a11y/useKeyWithClickEvents: as above
"use client";

import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, memo, type ReactNode, useCallback, useEffect, useId, useMemo, useRef, useState } from "react";
import { cn } from "@/lib/cn";
import { useT } from "@/lib/i18n";
import { GridHead, type Order } from "@/ui/grid-head";
import "@/messages/en/grid";

export const ROW = 34;
const HEAD = 36;
const CHOICE = 40;
// Browsers draw no element higher than this (Firefox 17.8 million pixels, Chromium 33.5): a longer list is scrolled in proportion.
const HIGHEST = 12_000_000;

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

export type GridProps<T> = {
  label: string;
  columns: readonly Column<T>[];
  /** How many rows there are; `isOpen` when more may follow that nobody has counted. */
  count: number;
  isOpen?: boolean;
  /** The row at a place; undefined while it is not there yet. */
  at: (index: number) => T | undefined;
  /** What is on the screen now: the time to fetch what is near. */
  onSee?: (first: number, last: number) => void;
  onOpen?: (row: T) => void;
  order?: Order | null;
  onOrder?: (column: string) => void;
  onWidth: (column: string, width: number) => void;
  /** Rows may be chosen: by what name, and which are. */
  choice?: { keyOf: (row: T) => string; chosen: ReadonlySet<string>; onToggle: (row: T) => void };
  /** Brings a row into view whenever it is another object. */
  jump?: { row: number } | null;
  className?: string;
};

/** A table of any length: some forty rows exist at a time. One stop of the Tab key; arrows, Page, Home and End move, Enter opens, Space chooses. */
export function Grid<T>({ label, columns, count, isOpen = false, at, onSee, onOpen, jump, choice, ...props }: GridProps<T>) {
  const t = useT();
  const id = useId();
  const box = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState({ row: 0, column: 0 });
  const scale = useScale(box, count);
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => box.current,
    estimateSize: () => ROW,
    overscan: 6,
    initialRect: { width: 1000, height: 600 },
    observeElementOffset: scale.observe,
  });
  const shown = virtual.getVirtualItems();
  const first = shown[0]?.index ?? 0;
  const last = shown.at(-1)?.index ?? 0;
  useEffect(() => onSee?.(first, last), [onSee, first, last]);

  const reveal = scale.reveal;
  // biome-ignore lint/correctness/useExhaustiveDependencies: only another wish is another jump
  useEffect(() => {
    if (!jump) return;
    const row = Math.max(0, Math.min(jump.row, count - 1));
    setActive((now) => ({ ...now, row }));
    reveal(row, "top");
  }, [jump]);

  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    if (event.target !== event.currentTarget) return;
    const page = Math.max(1, Math.floor(((box.current?.clientHeight ?? 600) - HEAD) / ROW) - 1);
    const row = at(active.row);
    const next = moved(event, active, page, count, columns.length);
    if (next) {
      event.preventDefault();
      setActive(next);
      reveal(next.row, "near");
      document.getElementById(`${id}-head-${next.column}`)?.scrollIntoView({ block: "nearest", inline: "nearest" });
    } else if (event.key === "Enter" && row !== undefined) {
      event.preventDefault();
      onOpen?.(row);
    } else if (event.key === " " && row !== undefined && choice) {
      event.preventDefault();
      choice.onToggle(row);
    }
  };

  const width = columns.reduce((sum, column) => sum + column.width, 0) + (choice ? CHOICE : 0);
  const line = useMemo(
    () => [...(choice ? [`${CHOICE}px`] : []), ...columns.map((column) => `${column.width}px`)].join(" "),
    [columns, choice],
  );
  const isActiveThere = active.row >= first && active.row <= last;
  return (
    <div
      ref={box}
      role="grid"
      aria-label={label}
      aria-rowcount={isOpen ? -1 : count + 1}
      aria-colcount={columns.length + (choice ? 1 : 0)}
      aria-multiselectable={choice ? true : undefined}
      aria-activedescendant={isActiveThere ? `${id}-${active.row}-${active.column}` : undefined}
      tabIndex={0}
      onKeyDown={onKeyDown}
      className={cn("group/grid relative overflow-auto overscroll-contain text-[13px] outline-offset-[-2px]", props.className)}
    >
      <GridHead
        id={id}
        columns={columns}
        line={line}
        width={width}
        height={HEAD}
        hasChoice={Boolean(choice)}
        order={props.order}
        onOrder={props.onOrder}
        onWidth={props.onWidth}
      />
      <div role="rowgroup" className="relative" style={{ height: scale.height, width, minWidth: "100%" }}>
        {/* a row that leaves the screen lends its elements to one that comes: to make new ones costs more */}
        {shown.map(({ index }) => {
          const row = at(index);
          const key = row !== undefined && choice ? choice.keyOf(row) : null;
          return (
            <GridRow
              key={index % shown.length}
              id={id}
              index={index}
              top={index * ROW - scale.shift}
              line={line}
              columns={columns as readonly Column<unknown>[]}
              row={row}
              active={index === active.row ? active.column : -1}
              isChosen={key !== null && Boolean(choice?.chosen.has(key))}
              onToggle={choice?.onToggle as ((row: unknown) => void) | undefined}
              onOpen={onOpen as ((row: unknown) => void) | undefined}
              onPoint={setActive}
              waiting={t("grid.waiting")}
              chooseLabel={t("grid.choose", { row: index + 1 })}
            />
          );
        })}
      </div>
    </div>
  );
}

type RowProps = {
  id: string;
  index: number;
  top: number;
  line: string;
  columns: readonly Column<unknown>[];
  row: unknown;
  active: number;
  isChosen: boolean;
  onToggle?: (row: unknown) => void;
  onOpen?: (row: unknown) => void;
  onPoint: (place: { row: number; column: number }) => void;
  waiting: string;
  chooseLabel: string;
};

const GridRow = memo(function GridRow({
  id,
  index,
  top,
  line,
  columns,
  row,
  active,
  isChosen,
  onToggle,
  onOpen,
  onPoint,
  ...words
}: RowProps) {
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-selected={onToggle ? isChosen : undefined}
      onClick={(event) => {
        const target = event.target as HTMLElement;
        if (target.closest("input")) return;
        if (target.closest("a")) {
          if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return; // the browser's own: another tab
          event.preventDefault();
        }
        onPoint({ row: index, column: 0 });
        if (row !== undefined && !window.getSelection()?.toString()) onOpen?.(row);
      }}
      className={cn(
        "absolute top-0 left-0 grid min-w-full items-center border-b border-line/70 hover:bg-sunken",
        onOpen && "cursor-pointer",
        isChosen ? "bg-accent-soft" : active >= 0 ? "group-focus-visible/grid:bg-sunken" : "",
      )}
      style={{ height: ROW, transform: `translateY(${top}px)`, gridTemplateColumns: line }}
    >
      {onToggle && (
        <div role="gridcell" className="grid place-items-center">
          <input
            type="checkbox"
            tabIndex={-1}
            aria-label={words.chooseLabel}
            checked={isChosen}
            disabled={row === undefined}
            onChange={() => onToggle(row)}
            className="size-4.5 accent-accent"
          />
        </div>
      )}
      {columns.map((column, place) => (
        <div
          key={column.id}
          id={`${id}-${index}-${place}`}
          role="gridcell"
          className={cn(
            "h-full truncate px-3 leading-[33px]",
            column.isNumber && "text-right tabular-nums",
            active === place &&
              "group-focus-visible/grid:outline-2 group-focus-visible/grid:outline-offset-[-2px] group-focus-visible/grid:outline-accent",
          )}
        >
          {row === undefined ? (
            <span className="inline-block h-2.5 w-2/3 rounded bg-line/70 align-middle">
              <span className="sr-only">{place === 0 ? words.waiting : ""}</span>
            </span>
          ) : (
            column.cell(row)
          )}
        </div>
      ))}
    </div>
  );
});

/** Where a key leads to; null for keys that do not move. */
function moved(
  { key, ctrlKey, metaKey }: KeyboardEvent,
  from: { row: number; column: number },
  page: number,
  rows: number,
  columns: number,
) {
  const whole = ctrlKey || metaKey;
  const row = (to: number) => ({ ...from, row: Math.max(0, Math.min(to, rows - 1)) });
  const column = (to: number) => ({ ...from, column: Math.max(0, Math.min(to, columns - 1)) });
  switch (key) {
    case "ArrowDown":
      return row(from.row + 1);
    case "ArrowUp":
      return row(from.row - 1);
    case "PageDown":
      return row(from.row + page);
    case "PageUp":
      return row(from.row - page);
    case "Home":
      return whole ? { row: 0, column: 0 } : row(0);
    case "End":
      return whole ? { row: rows - 1, column: columns - 1 } : row(rows - 1);
    case "ArrowRight":
      return column(from.column + 1);
    case "ArrowLeft":
      return column(from.column - 1);
    default:
      return null;
  }
}

/** How places of the list and places of the scroll bar belong together: one to one, until the list is higher than an element can be. */
function useScale(box: React.RefObject<HTMLDivElement | null>, count: number) {
  const [scrolled, setScrolled] = useState(0);
  const whole = count * ROW;
  const height = Math.min(whole, HIGHEST);
  const ratio = useRef(1);
  const isScaled = whole > height;
  const measure = useCallback(() => {
    const view = (box.current?.clientHeight ?? 600) - HEAD;
    ratio.current = isScaled ? (whole - view) / (height - view) : 1;
    return view;
  }, [box, whole, height, isScaled]);
  const observe = useCallback(
    (_: unknown, tell: (offset: number, isScrolling: boolean) => void) => {
      const element = box.current;
      if (!element) return;
      const hear = () => {
        measure();
        tell(element.scrollTop * ratio.current, false);
        if (isScaled) setScrolled(element.scrollTop);
      };
      hear();
      element.addEventListener("scroll", hear, { passive: true });
      return () => element.removeEventListener("scroll", hear);
    },
    [box, measure, isScaled],
  );
  const reveal = useCallback(
    (row: number, how: "top" | "near") => {
      const element = box.current;
      if (!element) return;
      const view = measure();
      const now = element.scrollTop * ratio.current;
      const top = row * ROW;
      if (how === "top") element.scrollTop = top / ratio.current;
      else if (top < now) element.scrollTop = Math.floor(top / ratio.current);
      else if (top + ROW > now + view) element.scrollTop = Math.ceil((top + ROW - view) / ratio.current);
    },
    [box, measure],
  );
  return { height, shift: isScaled ? scrolled * (ratio.current - 1) : 0, observe, reveal };
}
