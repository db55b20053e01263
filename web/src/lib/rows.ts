"use client";

import { CancelledError, useInfiniteQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useLayoutEffect, useMemo, useReducer, useRef, useState } from "react";
import { useApi } from "@/lib/api";

export const PAGE_ROWS = 100;
const KEPT_PAGES = 120;
const NEAR = 30; // rows beyond what is on the screen that are fetched before they are seen
const NONE: readonly never[] = [];
const CALM_MS = 40; // between two rounds of fetching while somebody scrolls

/** Rows for `ui/grid.tsx`, fetched as they come near the screen. */
export type Rows<T> = {
  count: number;
  /** More may follow that nobody has counted. */
  isOpen: boolean;
  isWaiting: boolean;
  at: (index: number) => T | undefined;
  onSee: (first: number, last: number) => void;
  error: unknown;
  retry: () => void;
};

/** Rows of a listing that gives the page at any position. `name` says what is listed; what was read under it is never read again. `begun`: its first
 * rows, where somebody has them already. */
export function useRowsAnywhere<T>(
  name: readonly unknown[] | null,
  count: number,
  read: (position: number, signal: AbortSignal) => Promise<readonly T[]>,
  begun: readonly T[] = NONE,
): Rows<T> {
  const { cache } = useApi();
  const id = JSON.stringify(name);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another listing begins with nothing
  const pages = useMemo(() => new Map<number, readonly T[]>(), [id]);
  const [, again] = useReducer((times: number) => times + 1, 0);
  const [failed, setFailed] = useState<{ id: string; error: unknown } | null>(null);
  const seen = useRef<[number, number]>([0, 0]);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  const rested = useRef(0);
  const reading = useRef(read);
  // before the grid's own effects, which ask for rows: or the rows of the order before would be taken for those of the new one
  useLayoutEffect(() => {
    reading.current = read;
  });

  const asked = useRef(new Set<number>());
  const readPage = useCallback(
    async (page: number) => {
      if (pages.has(page) || page < 0 || page * PAGE_ROWS >= Math.max(count, 1)) return;
      asked.current.add(page);
      const queryFn = ({ signal }: { signal: AbortSignal }) => reading.current(page * PAGE_ROWS, signal);
      try {
        const rows = await cache.fetchQuery({ queryKey: ["rows", id, page], queryFn, staleTime: Number.POSITIVE_INFINITY, gcTime: 60_000 });
        pages.set(page, rows);
        forgetFar(pages, page);
        setFailed(null);
        const [first, last] = seen.current.map(pageOf) as [number, number];
        if (page >= first && page <= last) again(); // what nobody sees is no render
      } catch (error) {
        if (!(error instanceof CancelledError)) setFailed({ id, error });
      } finally {
        asked.current.delete(page);
      }
    },
    [cache, id, pages, count],
  );

  const given = begun.length;
  const readRows = useCallback(
    (first: number, last: number) => {
      if (last < given) return;
      const [from, to] = [pageOf(Math.max(0, first)), pageOf(last)];
      return Promise.all(Array.from({ length: to - from + 1 }, (_, at) => readPage(from + at)));
    },
    [given, readPage],
  );

  // what is on the screen first, and only then what is next to it; what was asked for elsewhere, and is seen by nobody any more, is given up
  const fetch = useCallback(async () => {
    timer.current = null;
    rested.current = Date.now();
    if (id === "null") return;
    const [first, last] = seen.current;
    for (const page of asked.current)
      if (page < pageOf(first) - 1 || page > pageOf(last) + 1) void cache.cancelQueries({ queryKey: ["rows", id, page], exact: true });
    await readRows(first, last);
    const [from, to] = seen.current;
    if (pageOf(from) === pageOf(first) && pageOf(to) === pageOf(last)) void readRows(from - NEAR, Math.min(to + NEAR, count - 1));
  }, [cache, id, readRows, count]);

  const onSee = useCallback(
    (first: number, last: number) => {
      seen.current = [first, last];
      timer.current ??= setTimeout(fetch, Math.max(0, Math.min(CALM_MS, rested.current + CALM_MS - Date.now())));
    },
    [fetch],
  );
  useEffect(() => {
    void fetch();
    return () => {
      if (timer.current) clearTimeout(timer.current);
      timer.current = null;
    };
  }, [fetch]);
  const at = useCallback((index: number) => begun[index] ?? pages.get(pageOf(index))?.[index % PAGE_ROWS], [pages, begun]);
  return {
    count,
    isOpen: false,
    isWaiting: pages.size === 0 && given === 0 && count > 0,
    at,
    onSee,
    error: failed?.id === id ? failed.error : null,
    retry: () => void fetch(),
  };
}

const pageOf = (row: number) => Math.floor(row / PAGE_ROWS);

function forgetFar<T>(pages: Map<number, T>, from: number) {
  if (pages.size <= KEPT_PAGES) return;
  const far = [...pages.keys()].sort((one, other) => Math.abs(other - from) - Math.abs(one - from));
  for (const page of far.slice(0, KEPT_PAGES / 4)) pages.delete(page);
}

/** Rows of a listing that only says what comes next: they are there as far as somebody has scrolled. */
export function useRowsInTurn<T>(
  name: readonly unknown[] | null,
  read: (cursor: string | undefined, signal: AbortSignal) => Promise<{ items: readonly T[]; next?: string | null }>,
): Rows<T> {
  const query = useInfiniteQuery({
    queryKey: ["rows", name],
    queryFn: ({ pageParam, signal }) => read(pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    enabled: name !== null,
    staleTime: 60_000,
  });
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const { hasNextPage, isFetching, isError, fetchNextPage } = query;
  const lastSeen = useRef(0);
  const more = useCallback(() => {
    if (hasNextPage && !isFetching && !isError && lastSeen.current > rows.length - PAGE_ROWS / 2) void fetchNextPage();
  }, [hasNextPage, isFetching, isError, fetchNextPage, rows.length]);
  // a page that was judged record by record may be short or empty: go on until the screen is full
  useEffect(() => more(), [more]);
  const onSee = useCallback(
    (_: number, last: number) => {
      lastSeen.current = last;
      more();
    },
    [more],
  );
  const at = useCallback((index: number) => rows[index], [rows]);
  return {
    count: rows.length + (hasNextPage ? 1 : 0),
    isOpen: hasNextPage,
    isWaiting: name !== null && rows.length === 0 && (query.isPending || isFetching),
    at,
    onSee,
    error: query.error,
    retry: () => void query.refetch(),
  };
}
