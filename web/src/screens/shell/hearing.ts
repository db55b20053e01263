import { useEffect } from "react";
import type { Shape } from "@/lib/api";
import type { Here } from "@/lib/session";

const KEPT = "listbackup.lacks."; // and the account's id: public/start.js reads it too

// What one must be allowed to for all that public/start.js asks.
const ASKED: readonly Shape["Permission"][] = [
  "accounts:read",
  "activity:read",
  "connections:read",
  "content:read",
  "jobs:read",
  "runs:read",
  "snapshots:read",
  "sources:read",
];

/** Whether the account's events are to be asked for. They, and what a screen begins with, are asked for together with the account, before it has said
 * what its reader may; what it did not allow on the last visit is not asked before. */
export function useHearing(account: string | null, here: Here | null): boolean {
  useEffect(() => {
    if (!account || !here) return;
    const lacks = ASKED.filter((permission) => !here.may(permission));
    if (lacks.length === 0) localStorage.removeItem(KEPT + account);
    else localStorage.setItem(KEPT + account, lacks.join(" "));
  }, [account, here]);
  if (here) return here.may("activity:read");
  return account !== null && !localStorage.getItem(KEPT + account)?.includes("activity:read");
}
