// biome-ignore-all lint/a11y/useSemanticElements: a table of a million rows cannot be a table element
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus and the keys, its parts are pointed at (aria-activedescendant)
// biome-ignore-all lint/a11y/useKeyWithClickEvents: as above
"use client";

import { type KeyboardEvent, type MouseEvent, useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from "react";
import { cn } from "@/lib/cn";
import { GridHead, type Order } from "@/ui/grid-head";
import { moved } from "@/ui/grid-keys";
import { type Column, cellId, GridRow, type Lines, placesOf } from "@/ui/grid-row";
import { HEAD, ROW, useWindow } from "@/ui/grid-window";

export type { Column };

const CHOICE = 40;

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
  const id = useId();
  const box = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState({ row: 0, column: 0 });
  const { first, last, size, shift, height, reveal } = useWindow(box, count);
  // as soon as the rows are there, not after they were painted: who jumps waits for this
  useLayoutEffect(() => {
    if (last >= first) onSee?.(first, last);
  }, [onSee, first, last]);

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

  const onClick = (event: MouseEvent<HTMLDivElement>) => {
    const target = event.target as HTMLElement;
    const line = target.closest('[role="row"]');
    if (!line || target.closest("input")) return;
    if (target.closest("a")) {
      if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return; // the browser's own: another tab
      event.preventDefault();
    }
    const index = Number(line.getAttribute("aria-rowindex")) - 2;
    const row = at(index);
    setActive({ row: index, column: 0 });
    if (row !== undefined && !window.getSelection()?.toString()) onOpen?.(row);
  };

  const canOpen = onOpen !== undefined;
  const onToggle = choice?.onToggle as Lines["onToggle"];
  const indent = onToggle ? CHOICE : 0;
  const lines = useMemo<Lines>(() => {
    const width = columns.reduce((sum, column) => sum + column.width, indent);
    return { id, places: placesOf(columns, indent), width, canOpen, onToggle };
  }, [id, columns, indent, canOpen, onToggle]);
  const shown = useOrder(first, size).filter((index) => index <= last);
  const isActiveThere = active.row >= first && active.row <= last;
  return (
    <div
      ref={box}
      role="grid"
      aria-label={label}
      aria-rowcount={isOpen ? -1 : count + 1}
      aria-colcount={columns.length + (choice ? 1 : 0)}
      aria-multiselectable={choice ? true : undefined}
      aria-activedescendant={isActiveThere ? cellId(id, active.row, active.column) : undefined}
      tabIndex={0}
      onKeyDown={onKeyDown}
      className={cn(
        // on a ground of its own it is scrolled by the compositor; without one it would be painted anew for every frame
        "group/grid relative overflow-auto overscroll-contain bg-surface text-[13px] outline-offset-[-2px] contain-strict",
        props.className,
      )}
    >
      <GridHead
        id={id}
        columns={columns}
        line={[...(choice ? [`${CHOICE}px`] : []), ...columns.map((column) => `${column.width}px`)].join(" ")}
        width={lines.width}
        height={HEAD}
        hasChoice={Boolean(choice)}
        order={props.order}
        onOrder={props.onOrder}
        onWidth={props.onWidth}
      />
      <div role="rowgroup" onClick={onClick} className="relative" style={{ height, width: lines.width, minWidth: "100%" }}>
        {shown.map((index) => {
          const row = at(index);
          return (
            <GridRow
              key={index % size}
              lines={lines}
              index={index}
              top={index * ROW - shift}
              row={row}
              active={index === active.row ? active.column : -1}
              isChosen={row !== undefined && (choice?.chosen.has(choice.keyOf(row)) ?? false)}
            />
          );
        })}
      </div>
    </div>
  );
}

const CALM_MS = 200;

/** The rows of a window in the order of their elements. A row that leaves lends its element to one that comes, where it stands in the document: to
 * make or move elements costs more than all else. Whoever reads the document from top to bottom finds the rows in order as soon as nobody scrolls. */
function useOrder(first: number, size: number): readonly number[] {
  const [base, setBase] = useState(first);
  useEffect(() => {
    const timer = setTimeout(() => setBase(first), CALM_MS);
    return () => clearTimeout(timer);
  }, [first]);
  return Array.from({ length: size }, (_, place) => first + ((((base + place - first) % size) + size) % size));
}
