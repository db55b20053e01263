"use client";

import { usePathname, useSearchParams } from "next/navigation";
import { useSyncExternalStore } from "react";

const never = () => () => {};

/** Whether the page runs in a browser and has been taken over by it; false while it is prerendered, and in the first client render. */
export const useTakenOver = () =>
  useSyncExternalStore(
    never,
    () => true,
    () => false,
  );

/** The part of the address behind `/${name}/`, decoded: `usePart("sources")` is "src_1" on /a/acc_1/sources/src_1. Null where there is none, and
 * until the page is taken over, for the prerendered page has `_` there: show the skeleton then. */
export function usePart(name: string): string | null {
  const path = usePathname();
  const isTakenOver = useTakenOver();
  if (!isTakenOver) return null;
  return partOf(path, name);
}

export function partOf(path: string, name: string): string | null {
  const parts = path.split("/");
  const at = parts.indexOf(name);
  const found = at < 0 ? undefined : parts[at + 1];
  return found ? decodeURIComponent(found) : null;
}

/** What stands behind the question mark. Free text (streams, keys, moments, filters) belongs there, ids into the path. */
export const useQuery = () => useSearchParams();

export { usePathname as usePath };
