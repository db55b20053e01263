"use client";

import { useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { useHere } from "@/lib/session";
import type { Snapshot } from "@/screens/snapshots/moments";
import { useAct } from "@/ui/act";
import { Button, ButtonLink } from "@/ui/button";
import { Section } from "@/ui/card";
import { tell } from "@/ui/toast";

/** A snapshot that lacks an implausible share of the records: what speaks against it, and somebody's word that it is right all the same. */
export function Trusting({ source, snapshot }: { source: string; snapshot: Snapshot }) {
  const t = useT();
  const here = useHere();
  const { call, cache } = useApi();
  const { isBusy, act } = useAct();
  const trust = act(async () => {
    await call.POST("/v2/snapshots/{snapshot}/trust", { params: { path: { snapshot: snapshot.id } } });
    await cache.invalidateQueries({ queryKey: ["get", "/v2/sources/{source}/snapshots"] });
    void tell(t("snapshots.trust.done"));
  });
  return (
    <Section
      title={t("snapshots.trust")}
      about={t("snapshots.trust.about")}
      actions={
        <>
          {here.may("content:read") && snapshot.number > 1 && (
            <ButtonLink size="sm" href={here.path(`/sources/${source}/compare?to=${snapshot.id}&kind=removed`)}>
              {t("snapshots.trust.compare")}
            </ButtonLink>
          )}
          {here.may("retention:manage") && (
            <Button size="sm" isBusy={isBusy} onClick={trust}>
              {t("snapshots.trust.do")}
            </Button>
          )}
        </>
      }
    >
      <p className="text-sm">{t("snapshots.trust.ask")}</p>
    </Section>
  );
}
