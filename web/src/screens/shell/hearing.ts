import { useEffect } from "react";
import type { Here } from "@/lib/session";

const KEPT = "listbackup.unheard."; // and the account's id

/** Whether the account's events are to be asked for. They are asked for together with the account, before it has said what its reader may; an
 * account that refused them on the last visit is waited for. */
export function useHearing(account: string | null, here: Here | null): boolean {
  const may = here?.may("activity:read") ?? null;
  useEffect(() => {
    if (!account || may === null) return;
    if (may) localStorage.removeItem(KEPT + account);
    else localStorage.setItem(KEPT + account, "1");
  }, [account, may]);
  return may ?? (account !== null && localStorage.getItem(KEPT + account) === null);
}
