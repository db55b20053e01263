"use client";

import { CircleCheck } from "lucide-react";
import type { Shape } from "@/lib/api";
import { cn } from "@/lib/cn";
import { useT } from "@/lib/i18n";
import { useHere } from "@/lib/session";
import { type Need, needsOf } from "@/screens/overview/attention";
import type { Standing } from "@/screens/sources/standing";
import { useBackUp } from "@/screens/sources/use-back-up";
import { Button, ButtonLink } from "@/ui/button";
import { Section } from "@/ui/card";
import { SkeletonRows } from "@/ui/skeleton";
import "@/messages/en/sources";

/** What needs somebody, each with its one button. */
export function Needs({
  standings,
  connections,
  clients,
  isWhole,
}: {
  standings: readonly Standing[];
  connections: readonly Shape["Connection"][];
  clients: readonly Shape["ProtectionShown"][];
  isWhole: boolean;
}) {
  const t = useT();
  const needs = needsOf(standings, connections, clients);
  return (
    <Section title={t("overview.attention")} isFlush className="min-w-0">
      {!isWhole ? (
        <SkeletonRows rows={1} />
      ) : needs.length === 0 ? (
        <p className="flex items-center gap-2 p-4 text-sm">
          <CircleCheck aria-hidden className="size-4.5 text-good" />
          {t("overview.attention.none")}
        </p>
      ) : (
        <ul className="max-h-80 divide-y divide-line overflow-y-auto">
          {needs.map((need) => (
            <li key={need.key} className="flex flex-wrap items-center gap-x-3 gap-y-1.5 px-4 py-2">
              <span aria-hidden className={cn("size-2 shrink-0 rounded-full", need.tone === "bad" ? "bg-bad" : "bg-warn")} />
              <span className="min-w-40 flex-1 text-sm">{need.text}</span>
              <Act need={need} />
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

function Act({ need }: { need: Need }) {
  const t = useT();
  const here = useHere();
  if ("backUp" in need) return here.may("runs:execute") ? <BackUpNow source={need.backUp} /> : null;
  return (
    <ButtonLink size="sm" href={here.path(need.go)} aria-label={`${t(need.name)}: ${need.text}`}>
      {t(need.name)}
    </ButtonLink>
  );
}

function BackUpNow({ source }: { source: Shape["Source"] }) {
  const t = useT();
  const { start, isBusy } = useBackUp(source, true);
  return (
    <Button size="sm" isBusy={isBusy} onClick={() => void start(false)} aria-label={`${t("sources.backup")}: ${source.name}`}>
      {t("sources.backup")}
    </Button>
  );
}
