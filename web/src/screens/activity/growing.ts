import type { InfiniteData } from "@tanstack/react-query";
import type { Shape } from "@/lib/api";

export type Line = Shape["Activity"];
type Page = { items: readonly Line[]; next?: string | null };
export type Pages = InfiniteData<Page, string | undefined>;

const MOST = 500; // lines on the first page; then it is read again, and is short again

/** The pages with new lines on top; those that are there already are left out. Null where a line between is missing: lines have numbers without a gap. */
export function withLines<P extends Pages>(pages: P, lines: readonly Line[]): P | null {
  const [top, ...rest] = pages.pages;
  const newest = top?.items[0]?.seq;
  if (!top || newest === undefined) return null;
  const fresh = lines.filter((line) => line.seq > newest).sort((one, other) => other.seq - one.seq);
  if (fresh.some((line, at) => line.seq !== newest + fresh.length - at) || top.items.length + fresh.length > MOST) return null;
  return fresh.length === 0 ? pages : { ...pages, pages: [{ ...top, items: [...fresh, ...top.items] }, ...rest] };
}
