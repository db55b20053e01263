import { type Shape, useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { useHere } from "@/lib/session";
import { useGo } from "@/platform/router";
import { useAct } from "@/ui/act";
import { tell } from "@/ui/toast";
import "@/messages/en/sources";

/** Starts a backup of a source and, where `isWatched`, shows its run at once. */
export function useBackUp(source: Shape["Source"], isWatched: boolean) {
  const t = useT();
  const api = useApi();
  const here = useHere();
  const go = useGo();
  const { isBusy, act } = useAct();
  const start = act(async (full: boolean) => {
    const { data } = await api.call.POST("/v2/sources/{source}/sync", { params: { path: { source: source.id } }, body: { full } });
    void api.cache.invalidateQueries({ queryKey: ["get", "/v2/runs"] });
    if (data && isWatched) go.to(here.path(`/runs/${data.id}`));
    else void tell(t("sources.backup.started", { name: source.name }));
  });
  return { start, isBusy };
}
