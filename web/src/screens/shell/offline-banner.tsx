"use client";

import { CloudOff } from "lucide-react";
import { useEffect, useState, useSyncExternalStore } from "react";
import { clock } from "@/lib/format";
import { useT } from "@/lib/i18n";
import { useLiveState } from "@/lib/live";

const PATIENCE_MS = 4000; // a restart of the server, a tunnel: not worth a word

/** Says when the server cannot be reached, and since when: what is on the screen is as old as that. */
export function OfflineBanner() {
  const t = useT();
  const since = useLostSince();
  return (
    <div role="status" data-print="no">
      {since !== null && (
        <p className="flex items-center justify-center gap-2 bg-warn-soft px-4 py-1.5 text-center text-[13px] text-warn">
          <CloudOff aria-hidden className="size-4 shrink-0" />
          {t("shell.offline", { since: clock(since) })}
        </p>
      )}
    </div>
  );
}

function useLostSince(): number | null {
  const isOnline = useOnline();
  const isLost = useLiveState() === "lost" || !isOnline;
  const [since, setSince] = useState<number | null>(null);
  useEffect(() => {
    if (!isLost) return setSince(null);
    const began = Date.now();
    const timer = setTimeout(() => setSince(began), isOnline ? PATIENCE_MS : 0);
    return () => clearTimeout(timer);
  }, [isLost, isOnline]);
  return since;
}

function useOnline(): boolean {
  return useSyncExternalStore(
    (tell) => {
      window.addEventListener("online", tell);
      window.addEventListener("offline", tell);
      return () => {
        window.removeEventListener("online", tell);
        window.removeEventListener("offline", tell);
      };
    },
    () => navigator.onLine,
    () => true,
  );
}
