"use client";

import { type Shape, useApi } from "@/lib/api";
import { moment } from "@/lib/format";
import { useT } from "@/lib/i18n";
import { useHere } from "@/lib/session";
import { useAct } from "@/ui/act";
import { Button } from "@/ui/button";
import { Section } from "@/ui/card";
import { Moment } from "@/ui/time";
import { tell } from "@/ui/toast";
import "@/messages/en/sources";

const REST_MS = 7 * 86_400_000; // how long a snapshot rests in the trash

/** Snapshots that retention put into the trash, and the way back for each. Nothing is shown where there is none. */
export function Gone({ source }: { source: string }) {
  const t = useT();
  const here = useHere();
  const { call, cache, use } = useApi();
  const { act } = useAct();
  const params = { path: { source }, query: { with_trash: true } };
  const all = use.useQuery("get", "/v2/sources/{source}/snapshots", { params }, { enabled: here.may("snapshots:read") });
  const gone = all.data?.items.filter((one) => one.expired_at) ?? [];
  if (gone.length === 0) return null;
  const takeBack = act(async (snapshot: Shape["SnapshotShown"]) => {
    await call.POST("/v2/snapshots/{snapshot}/undelete", { params: { path: { snapshot: snapshot.id } } });
    await cache.invalidateQueries({ queryKey: ["get", "/v2/sources/{source}/snapshots"] });
    await cache.invalidateQueries({ queryKey: ["get", "/v2/sources/{source}/retention/preview"] });
    void tell(t("sources.gone.done", { number: snapshot.number }));
  });
  return (
    <Section title={t("sources.gone.title")} about={t("sources.gone.about")} isFlush>
      <ul className="max-h-96 divide-y divide-line overflow-y-auto">
        {gone.map((one) => (
          <li key={one.id} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2 text-sm">
            <span className="tabular-nums">{t("sources.keep.snapshot", { number: one.number })}</span>
            <span className="text-muted">
              <Moment at={one.at} />
            </span>
            <span className="flex-1 text-[13px] text-muted">
              {t("sources.gone.until", { at: moment(new Date(one.expired_at ?? 0).getTime() + REST_MS) })}
            </span>
            {here.may("retention:manage") && (
              <Button size="sm" onClick={() => void takeBack(one)} aria-label={t("sources.gone.back", { number: one.number })}>
                {t("sources.trash.back")}
              </Button>
            )}
          </li>
        ))}
      </ul>
    </Section>
  );
}
