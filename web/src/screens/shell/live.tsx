"use client";

import { type ReactNode, useEffect, useState } from "react";
import { LiveContext, useFreshness } from "@/lib/live";
import { LiveHub } from "@/lib/live-hub";

/** Listens to what happens in the account, for everything within. */
export function Live({ account, isAllowed, children }: { account: string; isAllowed: boolean; children: ReactNode }) {
  const [hub, setHub] = useState<LiveHub | null>(null);
  useEffect(() => {
    if (!isAllowed) return;
    const made = new LiveHub(account);
    setHub(made);
    const hurry = () => made.hurry();
    window.addEventListener("online", hurry);
    return () => {
      window.removeEventListener("online", hurry);
      made.close();
      setHub(null);
    };
  }, [account, isAllowed]);
  useFreshness(hub);
  return <LiveContext value={hub}>{children}</LiveContext>;
}
