"use client";

import { useState } from "react";
import { useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { Link } from "@/platform/router";
import { PULSE } from "@/screens/system/pulse";
import { Button } from "@/ui/button";
import { Section } from "@/ui/card";
import { SkeletonRows } from "@/ui/skeleton";
import { Shown } from "@/ui/states";
import { Ago } from "@/ui/time";
import { tell, tellFailure } from "@/ui/toast";

/** Runs of all accounts that were given up, and the way back for each. */
export function DeadLetters() {
  const t = useT();
  const api = useApi();
  const [busy, setBusy] = useState<string | null>(null);
  const dead = api.use.useQuery("get", "/v2/queues/dead-letters", { params: { query: { everybody: true, limit: 100 } } }, PULSE);
  const redrive = async (ids: string[] | null) => {
    setBusy(ids?.[0] ?? "all");
    try {
      const { data } = await api.call.POST("/v2/queues/dead-letters/redrive", { body: { ids, everybody: true } });
      void tell(t("system.dead.redriven", { count: data?.items.length ?? 0 }));
      await dead.refetch();
      void api.cache.invalidateQueries({ queryKey: ["get", "/v2/system/queues"] });
    } catch (error) {
      void tellFailure(error);
    } finally {
      setBusy(null);
    }
  };
  const items = dead.data?.items ?? [];
  return (
    <Section
      title={t("system.dead")}
      about={items.length > 0 ? t("system.dead.about") : undefined}
      actions={
        items.length > 1 && (
          <Button size="sm" isBusy={busy === "all"} onClick={() => void redrive(null)}>
            {t("system.dead.redrive.all")}
          </Button>
        )
      }
    >
      <Shown query={dead} skeleton={<SkeletonRows rows={2} />}>
        {() =>
          items.length === 0 ? (
            <p className="text-sm text-muted">{t("system.dead.none")}</p>
          ) : (
            <ul className="-m-4 divide-y divide-line">
              {items.map((letter) => (
                <li key={letter.id} className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 px-4 py-2.5 text-sm">
                  <div className="min-w-0">
                    {letter.run && letter.account ? (
                      <Link
                        href={`/a/${letter.account}/runs/${letter.run}`}
                        className="inline-flex min-h-6 items-center font-mono text-xs hover:underline"
                      >
                        {letter.run}
                      </Link>
                    ) : (
                      <p>{t("system.dead.unreadable")}</p>
                    )}
                    <p className="text-[13px] text-muted">
                      {t("system.dead.died")} <Ago at={letter.died_at} /> {t("system.dead.tries", { count: letter.receives })}
                    </p>
                  </div>
                  <Button
                    size="sm"
                    isBusy={busy === letter.id}
                    aria-label={t("system.dead.redrive.of", { run: letter.run ?? letter.id })}
                    onClick={() => void redrive([letter.id])}
                  >
                    {t("system.dead.redrive")}
                  </Button>
                </li>
              ))}
            </ul>
          )
        }
      </Shown>
    </Section>
  );
}
