"use client";

import { cn } from "@/lib/cn";
import { type Key, useT } from "@/lib/i18n";
import { type LiveState, useLiveState } from "@/lib/live";

const WORDS: Record<LiveState, Key | null> = {
  off: null,
  connecting: "shell.live.connecting",
  live: "shell.live.live",
  lost: "shell.live.lost",
};

/** Whether what is on the screen keeps itself fresh. */
export function LiveSign() {
  const t = useT();
  const state = useLiveState();
  const words = WORDS[state];
  return (
    <p role="status" className="flex h-6 items-center gap-2 px-2 text-xs text-muted">
      {words && (
        <>
          <span
            aria-hidden
            className={cn(
              "size-1.5 rounded-full",
              state === "live" ? "bg-good" : "animate-pulse",
              state === "lost" ? "bg-warn" : state === "connecting" && "bg-muted",
            )}
          />
          {t(words)}
        </>
      )}
    </p>
  );
}
