"use client";

import type { Shape } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { Badge, type Tone } from "@/ui/badge";
import "@/messages/en/runs";

const TONES: Record<Shape["RunState"], Tone> = {
  queued: "plain",
  running: "accent",
  succeeded: "good",
  partial: "warn",
  failed: "bad",
  cancelled: "plain",
};

/** Where a run stands. */
export function RunBadge({ state }: { state: Shape["RunState"] }) {
  const t = useT();
  return (
    <Badge tone={TONES[state]} isLive={state === "running"}>
      {t(`runs.state.${state}`)}
    </Badge>
  );
}

export const isOver = (state: Shape["RunState"]) => state !== "queued" && state !== "running";
