"use client";

import { useT } from "@/lib/i18n";
import type { Standing, State } from "@/screens/sources/standing";
import { Badge, type Tone } from "@/ui/badge";
import "@/messages/en/sources";

export const TONES: Record<State, Tone> = {
  unread: "bad",
  never: "bad",
  late: "bad",
  broken: "warn",
  incomplete: "warn",
  first: "accent",
  byhand: "plain",
  good: "good",
};

/** How a source stands, in a word. */
export function StandingBadge({ state }: { state: State }) {
  const t = useT();
  return (
    <Badge tone={TONES[state]} isLive={state === "first"}>
      {t(`sources.state.${state}`)}
    </Badge>
  );
}

/** Why it stands so, in a sentence. */
export function useWhy() {
  const t = useT();
  return (one: Standing) => (one.state === "incomplete" && one.last?.suspect ? t("sources.why.suspect") : t(`sources.why.${one.state}`));
}
