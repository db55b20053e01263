"use client";

import { Play } from "lucide-react";
import dynamic from "next/dynamic";
import type { Shape } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { useHere } from "@/lib/session";
import { useBackUp } from "@/screens/sources/use-back-up";
import { Button, ButtonLink } from "@/ui/button";
import { Later } from "@/ui/later";
import "@/messages/en/sources";

// lists have the button alone: the menu comes where it is shown
const More = dynamic(() => import("@/screens/sources/back-up-more"), { ssr: false });

/** Backs a source up now; while a run goes on it leads there instead. */
export function BackUp({
  source,
  active,
  kind = "primary",
  size,
  isWatched = true,
}: {
  source: Shape["Source"];
  active: Shape["RunShown"] | undefined;
  kind?: "primary" | "plain";
  size?: "sm";
  /** Whether the run is shown at once; else a word is said of it. */
  isWatched?: boolean;
}) {
  const t = useT();
  const here = useHere();
  const { start, isBusy } = useBackUp(source, isWatched);
  if (active)
    return (
      <ButtonLink kind={kind} size={size} href={here.path(`/runs/${active.id}`)}>
        {t("sources.backup.watch")}
      </ButtonLink>
    );
  if (!here.may("runs:execute")) return null;
  return (
    <span className="inline-flex gap-px">
      <Button
        kind={kind}
        size={size}
        isBusy={isBusy}
        onClick={() => void start(false)}
        aria-label={`${t("sources.backup")}: ${source.name}`}
      >
        {!size && !isBusy && <Play aria-hidden />}
        {t("sources.backup")}
      </Button>
      {!size && (
        <Later place={null}>
          <More kind={kind} onFull={() => void start(true)} />
        </Later>
      )}
    </span>
  );
}
