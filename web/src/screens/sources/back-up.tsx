"use client";

import { ChevronDown, Play } from "lucide-react";
import { useState } from "react";
import { type Shape, useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { useHere } from "@/lib/session";
import { useGo } from "@/platform/router";
import { Button, ButtonLink } from "@/ui/button";
import { Menu, MenuItem } from "@/ui/menu";
import { tell, tellFailure } from "@/ui/toast";
import "@/messages/en/sources";

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
        <Menu
          trigger={
            <Button kind={kind} size="icon" aria-label={t("sources.backup.more")}>
              <ChevronDown aria-hidden />
            </Button>
          }
        >
          <MenuItem onChoose={() => void start(true)}>
            <span className="grid max-w-64 py-1">
              {t("sources.backup.full")}
              <span className="text-[13px] text-muted">{t("sources.backup.full.about")}</span>
            </span>
          </MenuItem>
        </Menu>
      )}
    </span>
  );
}

export function useBackUp(source: Shape["Source"], isWatched: boolean) {
  const t = useT();
  const api = useApi();
  const here = useHere();
  const go = useGo();
  const [isBusy, setBusy] = useState(false);
  const start = async (full: boolean) => {
    setBusy(true);
    try {
      const { data } = await api.call.POST("/v2/sources/{source}/sync", { params: { path: { source: source.id } }, body: { full } });
      void api.cache.invalidateQueries({ queryKey: ["get", "/v2/runs"] });
      if (data && isWatched) go.to(here.path(`/runs/${data.id}`));
      else void tell(t("sources.backup.started", { name: source.name }));
    } catch (error) {
      void tellFailure(error);
    } finally {
      setBusy(false);
    }
  };
  return { start, isBusy };
}
