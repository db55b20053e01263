"use client";

import { type ReactNode, useEffect, useState } from "react";
import { apiOf } from "@/lib/api";
import { begunAt } from "@/lib/asked";
import { LiveContext, useFreshness } from "@/lib/live";
import { type Begun, LiveHub } from "@/lib/live-hub";
import { asProblem } from "@/lib/problem";

/** Listens to what happens in the account, for everything within, behind the line of its trail that was the newest before anything was read: so it
 * does not matter when the stream itself begins. Null: there is nothing to listen to. */
export function Live({ account, children }: { account: string | null; children: ReactNode }) {
  const [hub, setHub] = useState<LiveHub | null>(null);
  useEffect(() => {
    if (!account) return;
    let made: LiveHub | null = null;
    let isGone = false;
    void begunOf(account).then((begun) => {
      if (isGone || begun === "refused") return;
      made = new LiveHub(account, undefined, begun);
      setHub(made);
    });
    const hurry = () => made?.hurry();
    window.addEventListener("online", hurry);
    return () => {
      isGone = true;
      window.removeEventListener("online", hurry);
      made?.close();
      setHub(null);
    };
  }, [account]);
  useFreshness(hub);
  return <LiveContext value={hub}>{children}</LiveContext>;
}

/** Up to where the account's trail goes now; null where that could not be read, or nothing stands in it. */
async function begunOf(account: string): Promise<Begun | null | "refused"> {
  try {
    const { data } = await apiOf(account).call.GET("/v2/activity", { params: { query: { limit: 1 } } });
    const line = data?.items[0];
    return line ? { last: line.seq, at: begunAt(account) ?? Date.now() } : null;
  } catch (error) {
    return [401, 403, 404].includes(asProblem(error).status) ? "refused" : null;
  }
}
