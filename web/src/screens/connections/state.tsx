"use client";

import type { Shape } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { Badge, type Tone } from "@/ui/badge";

type State = Shape["ConnectionState"];
const TONES: Record<State, Tone> = { ready: "good", untested: "plain", unreachable: "warn", needs_reauth: "bad" };

/** Whether the credentials work, as far as we know. */
export function ConnectionBadge({ connection }: { connection: Shape["Connection"] }) {
  const t = useT();
  const state = connection.state ?? "untested";
  return <Badge tone={TONES[state]}>{t(`connections.state.${state}`)}</Badge>;
}
