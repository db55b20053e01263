"use client";

import { useQueries } from "@tanstack/react-query";
import { Printer } from "lucide-react";
import { useState } from "react";
import { type Shape, useApi } from "@/lib/api";
import { useCompared } from "@/lib/compared";
import { bytes, count, moment } from "@/lib/format";
import { useT } from "@/lib/i18n";
import { useHere, useSession } from "@/lib/session";
import { ReportedSource } from "@/screens/report/reported-source";
import { Cut } from "@/screens/sources/cut";
import { isWithin, useStandings } from "@/screens/sources/standing";
import { Button } from "@/ui/button";
import { Page } from "@/ui/page";
import { SkeletonRows } from "@/ui/skeleton";
import { Shown } from "@/ui/states";
import "@/messages/en/overview";
import "@/messages/en/report";
import "@/messages/en/sources";

export const LOOKED_AT = 100;

/** How each source of the account is protected at this moment, on paper: only what the installation holds. */
export default function Report() {
  const t = useT();
  const here = useHere();
  const api = useApi();
  const { me } = useSession();
  const [at] = useState(() => new Date());
  const { sources, standings, isWhole } = useStandings(LOOKED_AT);
  const usage = api.use.useQuery(
    "get",
    "/v2/accounts/{account}/usage",
    { params: { path: { account: here.account.id } } },
    { enabled: here.may("accounts:read") },
  );
  const platforms = api.use.useQuery("get", "/v2/platforms", { params: { query: { limit: 500 } } });
  const labels = new Map(platforms.data?.items.map((one) => [one.name, one.label]));
  const kept = useQueries({
    queries: standings.map((one) =>
      api.use.queryOptions("get", "/v2/sources/{source}/retention", { params: { path: { source: one.source.id } } }),
    ),
  });
  const compared = useCompared();
  const isRead = isWhole && kept.every((one) => !one.isPending) && !compared.isLoading;
  const good = standings.filter(isWithin).length;
  return (
    <Page
      title={t("report.title")}
      about={t("report.of", { account: here.account.name, at: moment(at) })}
      trail={[{ name: t("overview.title"), href: here.path("") }]}
      actions={
        <Button kind="primary" disabled={!isRead} onClick={() => window.print()}>
          <Printer aria-hidden />
          {t("report.print")}
        </Button>
      }
    >
      <Shown query={sources} skeleton={<SkeletonRows rows={10} />}>
        {() =>
          !isRead ? (
            <SkeletonRows rows={10} />
          ) : (
            <article className="grid gap-6">
              <p className="text-sm text-muted">{t("report.drawn", { who: me.name || me.email })}</p>
              <Cut isWhole={sources.data?.isWhole} count={standings.length} />
              <Summary
                sources={standings.length}
                good={good}
                records={standings.reduce((sum, one) => sum + (one.last?.records ?? 0), 0)}
                usage={usage.data}
              />
              <section className="grid gap-3">
                <h2 className="text-sm font-semibold">{t("report.sources")}</h2>
                {standings.length === 0 && <p className="text-sm text-muted">{t("report.none")}</p>}
                {standings.map((one, place) => (
                  <ReportedSource
                    key={one.source.id}
                    standing={one}
                    platform={labels.get(one.connection?.platform ?? "")}
                    retention={kept[place]?.data}
                    compared={compared.data}
                  />
                ))}
              </section>
              <section className="grid gap-1 text-[13px] text-muted">
                <h2 className="font-semibold text-ink">{t("report.words")}</h2>
                <p>{t("report.words.good")}</p>
                <p>{t("report.words.verified")}</p>
              </section>
            </article>
          )
        }
      </Shown>
    </Page>
  );
}

type SummaryProps = { sources: number; good: number; records: number; usage: Shape["UsageShown"] | undefined };

function Summary({ sources, good, records, usage }: SummaryProps) {
  const t = useT();
  const figures = [
    [t("report.sum.sources"), count(sources)],
    [t("report.sum.good"), `${count(good)} / ${count(sources)}`],
    [t("report.sum.records"), count(records)],
    ...(usage ? [[t("report.sum.stored", { at: moment(usage.measured_at) }), bytes(usage.own.stored_bytes)]] : []),
  ];
  return (
    <section>
      <h2 className="sr-only">{t("report.summary")}</h2>
      <dl className="grid grid-cols-2 gap-px overflow-hidden rounded-lg border border-line bg-line sm:grid-cols-4">
        {figures.map(([name, value]) => (
          <div key={name} className="bg-surface px-4 py-3">
            <dt className="text-[13px] text-muted">{name}</dt>
            <dd className="text-xl font-semibold tabular-nums">{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
