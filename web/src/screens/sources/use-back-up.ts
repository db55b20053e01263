import { useState } from "react";
import { type Shape, useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { useHere } from "@/lib/session";
import { useGo } from "@/platform/router";
import { tell, tellFailure } from "@/ui/toast";
import "@/messages/en/sources";

/** Starts a backup of a source and, where `isWatched`, shows its run at once. */
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
