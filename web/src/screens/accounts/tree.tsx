// biome-ignore-all lint/a11y/useSemanticElements: rows of a virtual list are placed by hand, which a <table> does not allow
// biome-ignore-all lint/a11y/useFocusableInteractive: the rows take the focus (ARIA treegrid pattern), not their cells
"use client";

import { useQueries } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ChevronRight } from "lucide-react";
import { type KeyboardEvent, useRef, useState } from "react";
import { useApi } from "@/lib/api";
import { cn } from "@/lib/cn";
import { count } from "@/lib/format";
import { useT } from "@/lib/i18n";
import { useHere } from "@/lib/session";
import { Link } from "@/platform/router";
import { type Acts, ActsMenu } from "@/screens/accounts/acts";
import { branchOf, type Node } from "@/screens/accounts/queries";
import { Badge } from "@/ui/badge";
import { Card } from "@/ui/card";
import { Skeleton, SkeletonRows } from "@/ui/skeleton";
import { Failure } from "@/ui/states";

type Row = { node: Node; depth: number; parent: string | null; place: number; size: number; isOpen: boolean };

const HEIGHT = 44;

/** How the accounts below this one nest. A branch is read when it is opened, and only rows on the screen are drawn: hundreds cost no more than ten. */
export default function AccountTree({ acts }: { acts: Acts }) {
  const t = useT();
  const here = useHere();
  const api = useApi();
  const [open, setOpen] = useState<readonly string[]>([here.account.id]);
  const branches = useQueries({ queries: open.map((account) => branchOf(api, account)) });
  const read = new Map(open.map((account, at) => [account, branches[at]?.data?.tree]));
  const top = branches[0];
  const scroll = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState(0);
  const root = read.get(here.account.id);
  const rows = root ? rowsOf(root, read) : [];
  const shown = useVirtualizer({ count: rows.length, getScrollElement: () => scroll.current, estimateSize: () => HEIGHT, overscan: 12 });
  if (!root && top?.isError) return <Failure error={top.error} onRetry={() => void top.refetch()} />;
  if (!root)
    return (
      <Card>
        <SkeletonRows rows={8} />
      </Card>
    );
  const toggle = (row: Row) =>
    setOpen(row.isOpen ? open.filter((one) => one !== row.node.id) : [...open.filter((one) => one !== row.node.id), row.node.id]);
  const go = (to: number) => {
    const next = Math.max(0, Math.min(rows.length - 1, to));
    setAt(next);
    shown.scrollToIndex(next);
    requestAnimationFrame(() => scroll.current?.querySelector<HTMLElement>(`[data-row="${next}"]`)?.focus());
  };
  const press = (event: KeyboardEvent, index: number, row: Row) => {
    if (event.target !== event.currentTarget) return;
    const mayOpen = isBranch(row.node) && row.depth > 0;
    const acts = new Map<string, () => void>([
      ["ArrowDown", () => go(index + 1)],
      ["ArrowUp", () => go(index - 1)],
      ["Home", () => go(0)],
      ["End", () => go(rows.length - 1)],
      ["ArrowRight", () => (mayOpen && !row.isOpen ? toggle(row) : go(index + 1))],
      ["ArrowLeft", () => (mayOpen && row.isOpen ? toggle(row) : go(rows.findIndex((one) => one.node.id === row.parent)))],
      ["Enter", () => event.currentTarget.querySelector<HTMLAnchorElement>("a")?.click()],
    ]);
    const wanted = acts.get(event.key);
    if (!wanted) return;
    event.preventDefault();
    wanted();
  };
  return (
    <Card>
      <p className="border-b border-line px-4 py-2.5 text-[13px] text-muted">{t("accounts.tree.keys")}</p>
      <div ref={scroll} className="max-h-[70dvh] overflow-y-auto">
        <div
          role="treegrid"
          aria-label={t("accounts.view.tree")}
          aria-rowcount={rows.length}
          className="relative"
          style={{ height: shown.getTotalSize() }}
        >
          {shown.getVirtualItems().map((item) => {
            const row = rows[item.index] as Row;
            return (
              <div
                key={row.node.id}
                role="row"
                aria-level={row.depth + 1}
                aria-posinset={row.place}
                aria-setsize={row.size}
                aria-rowindex={item.index + 1}
                aria-expanded={isBranch(row.node) ? row.isOpen : undefined}
                data-row={item.index}
                tabIndex={item.index === Math.min(at, rows.length - 1) ? 0 : -1}
                onFocus={() => setAt(item.index)}
                onKeyDown={(event) => press(event, item.index, row)}
                className="absolute inset-x-0 top-0 flex items-center border-b border-line text-sm -outline-offset-2 hover:bg-sunken/60"
                style={{ height: HEIGHT, transform: `translateY(${item.start}px)` }}
              >
                <TreeRow row={row} acts={acts} onToggle={() => toggle(row)} isWaiting={row.isOpen && !read.get(row.node.id)} />
              </div>
            );
          })}
        </div>
      </div>
      {root.more && (
        <p className="border-t border-line px-4 py-2.5 text-[13px] text-muted">
          {t("accounts.tree.more", { count: root.children.length })}
        </p>
      )}
    </Card>
  );
}

function TreeRow({ row, acts, onToggle, isWaiting }: { row: Row; acts: Acts; onToggle: () => void; isWaiting: boolean }) {
  const t = useT();
  const { node, depth } = row;
  const subject = { id: node.id, name: node.name, state: node.state, parent: row.parent };
  return (
    <>
      <div role="gridcell" className="flex min-w-0 flex-1 items-center gap-1.5 pr-2" style={{ paddingLeft: 12 + Math.min(depth, 6) * 20 }}>
        {isBranch(node) && depth > 0 ? (
          <button
            type="button"
            tabIndex={-1}
            aria-label={t(row.isOpen ? "accounts.tree.close" : "accounts.tree.open", { name: node.name })}
            onClick={onToggle}
            className="grid size-6 shrink-0 place-items-center rounded text-muted hover:bg-sunken hover:text-ink"
          >
            <ChevronRight aria-hidden className={cn("size-4 transition-transform", row.isOpen && "rotate-90")} />
          </button>
        ) : (
          <span className="size-6 shrink-0" />
        )}
        <Link href={`/a/${node.id}`} className={cn("truncate hover:underline", depth === 0 && "font-medium")}>
          {node.name}
        </Link>
        {node.state === "suspended" && <Badge tone="warn">{t("accounts.state.suspended")}</Badge>}
        {row.isOpen && node.children.length > 0 && (
          <span className="text-[13px] text-muted tabular-nums">{count(node.children.length)}</span>
        )}
        {isWaiting && <Skeleton className="w-16" />}
      </div>
      <div role="gridcell" className="shrink-0 pr-3">
        <ActsMenu subject={subject} acts={acts} />
      </div>
    </>
  );
}

const isBranch = (node: Node) => node.more || node.children.length > 0;

/** The rows that are open, from the top. What was read of a branch stands in for what its parent said of it. */
function rowsOf(root: Node, read: ReadonlyMap<string, Node | undefined>): readonly Row[] {
  const rows: Row[] = [];
  const add = (said: Node, depth: number, parent: string | null, place: number, size: number) => {
    const node = read.get(said.id) ?? said;
    const isOpen = read.has(said.id);
    rows.push({ node, depth, parent, place, size, isOpen });
    if (!isOpen) return;
    const children = [...node.children].sort((one, other) => one.name.localeCompare(other.name));
    children.forEach((child, at) => {
      add(child, depth + 1, node.id, at + 1, children.length);
    });
  };
  add(root, 0, null, 1, 1);
  return rows;
}
