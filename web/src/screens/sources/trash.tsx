"use client";

import { type Shape, useApi } from "@/lib/api";
import { moment } from "@/lib/format";
import { useT } from "@/lib/i18n";
import { useAct } from "@/ui/act";
import { Button } from "@/ui/button";
import { Section } from "@/ui/card";
import { tell } from "@/ui/toast";
import "@/messages/en/sources";

/** Sources that were deleted within the last days. Nothing is shown where there is none. */
export function Trash() {
  const t = useT();
  const api = useApi();
  const takeBack = useTakeBack();
  const trash = api.use.useQuery("get", "/v2/trash/sources", { params: { query: { limit: 100 } } });
  if (!trash.data || trash.data.items.length === 0) return null;
  return (
    <Section title={t("sources.trash.title")} isFlush className="mt-6">
      <ul className="divide-y divide-line">
        {trash.data.items.map(({ source, purge_at }) => (
          <li key={source.id} className="flex flex-wrap items-center gap-x-3 px-4 py-2 text-sm">
            <span className="font-medium">{source.name}</span>
            <span className="flex-1 text-[13px] text-muted">{t("sources.trash.until", { at: moment(purge_at) })}</span>
            <Button size="sm" onClick={() => void takeBack(source)} aria-label={`${t("sources.trash.back")}: ${source.name}`}>
              {t("sources.trash.back")}
            </Button>
          </li>
        ))}
      </ul>
    </Section>
  );
}

/** Takes a source out of the trash. */
export function useTakeBack() {
  const t = useT();
  const api = useApi();
  const { act } = useAct();
  return act(async (source: Shape["Source"]) => {
    await api.call.POST("/v2/sources/{source}/restore", { params: { path: { source: source.id } }, body: {} });
    await api.cache.invalidateQueries();
    void tell(t("sources.settings.back", { name: source.name }));
  });
}
