"use client";

import { type ReactNode, useEffect, useState } from "react";
import { LiveContext, useFreshness } from "@/lib/live";
import { LiveHub } from "@/lib/live-hub";

/** Listens to what happens in the account, for everything within: from the first moment, for what is read after the stream began need not be read
 * again. Null: there is nothing to listen to. */
export function Live({ account, children }: { account: string | null; children: ReactNode }) {
  const [hub, setHub] = useState<LiveHub | null>(null);
  useEffect(() => {
    if (!account) return;
    const made = new LiveHub(account);
    setHub(made);
    const hurry = () => made.hurry();
    window.addEventListener("online", hurry);
    return () => {
      window.removeEventListener("online", hurry);
      made.close();
      setHub(null);
    };
  }, [account]);
  useFreshness(hub);
  return <LiveContext value={hub}>{children}</LiveContext>;
}
