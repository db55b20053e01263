"use client";

import dynamic from "next/dynamic";
import { useApi } from "@/lib/api";
import { useCompared } from "@/lib/compared";
import { ago, count, percent } from "@/lib/format";
import { useT } from "@/lib/i18n";
import { useHere } from "@/lib/session";
import type { Standing } from "@/screens/sources/standing";
import { TONES, useWhy } from "@/screens/sources/standing-badge";
import { Target } from "@/screens/sources/target";
import { useAct } from "@/ui/act";
import { Button, ButtonLink } from "@/ui/button";
import { Figure, Section } from "@/ui/card";
import { Later } from "@/ui/later";
import { Skeleton } from "@/ui/skeleton";
import { Ago } from "@/ui/time";
import { tell } from "@/ui/toast";

const Growth = dynamic(() => import("@/screens/sources/growth"), { ssr: false, loading: () => <Skeleton className="h-56" /> });
const SOFT = {
  bad: "bg-bad-soft text-bad",
  warn: "bg-warn-soft text-warn",
  accent: "bg-accent-soft text-accent",
  plain: "bg-sunken text-muted",
  good: "",
};

/** How a source stands, how it grew, and how much of it could be written back. */
export function OverviewTab({ standing }: { standing: Standing }) {
  const t = useT();
  const here = useHere();
  const why = useWhy();
  const { source, last, snapshots, connection, state } = standing;
  return (
    <div className="grid gap-5">
      {state !== "good" && (
        <div className={`flex flex-wrap items-center justify-between gap-3 rounded-lg px-4 py-2.5 text-sm ${SOFT[TONES[state]]}`}>
          <p>{why(standing)}</p>
          {state === "broken" && connection && (
            <ButtonLink size="sm" href={here.path(`/connections/${connection.id}`)}>
              {connection.name}
            </ButtonLink>
          )}
          {state === "byhand" && here.may("jobs:manage") && (
            <ButtonLink size="sm" href={here.path(`/sources/${source.id}?tab=schedule`)}>
              {t("sources.schedule.add")}
            </ButtonLink>
          )}
        </div>
      )}
      <div className="grid grid-cols-2 gap-3 lg:grid-cols-4">
        <Figure
          name={t("sources.one.good")}
          value={last ? <Ago at={last.at} /> : t("sources.one.good.none")}
          about={<Target one={standing} />}
        />
        <Figure
          name={t("sources.one.next")}
          value={standing.nextAt ? <Ago at={standing.nextAt} /> : "–"}
          about={standing.nextAt && standing.target !== null && t("sources.due", { ago: ago(standing.target) })}
        />
        <Figure name={t("sources.one.records")} value={last ? count(last.records) : "–"} about={last && <Changes standing={standing} />} />
        <Verified standing={standing} />
      </div>
      {snapshots.length > 1 && (
        <Section
          title={t("sources.one.history")}
          about={t("sources.one.history.about", { count: snapshots.length })}
          actions={
            <ButtonLink size="sm" href={here.path(`/sources/${source.id}/snapshots`)}>
              {t("sources.one.browse")}
            </ButtonLink>
          }
        >
          <Later place={<Skeleton className="h-56" />}>
            <Growth snapshots={snapshots} />
          </Later>
        </Section>
      )}
      {last ? (
        <Later place={<Skeleton className="h-40" />}>
          <Recoverable source={source.id} />
        </Later>
      ) : (
        state !== "unread" && <p className="text-sm text-muted">{t("sources.one.first")}</p>
      )}
    </div>
  );
}

function Changes({ standing }: { standing: Standing }) {
  const t = useT();
  const streams = standing.last?.streams ?? [];
  const sum = (of: "added" | "changed" | "removed") => count(streams.reduce((total, stream) => total + stream[of], 0));
  return t("sources.one.changes", { added: sum("added"), changed: sum("changed"), removed: sum("removed") });
}

function Verified({ standing }: { standing: Standing }) {
  const t = useT();
  const api = useApi();
  const here = useHere();
  const { act } = useAct();
  const { source, last } = standing;
  const compared = useCompared().data;
  const at = compared?.items.find((one) => one.source === source.id)?.at;
  const verify = act(async () => {
    if (!last) return;
    await api.call.POST("/v2/snapshots/{snapshot}/verify", { params: { path: { snapshot: last.id } }, body: {} });
    void tell(t("sources.one.verify.started"));
  });
  return (
    <Figure
      name={t("sources.one.verified")}
      value={at ? <Ago at={at} /> : compared?.isWhole ? t("sources.one.verified.never") : "–"}
      about={
        last && here.may("runs:execute") ? (
          <Button kind="quiet" size="sm" className="-ml-2.5" title={t("sources.one.verify.about")} onClick={verify}>
            {t("sources.one.verify")}
          </Button>
        ) : undefined
      }
    />
  );
}

function Recoverable({ source }: { source: string }) {
  const t = useT();
  const found = useApi().use.useQuery("get", "/v2/sources/{source}/recoverability", { params: { path: { source } } });
  const data = found.data;
  if (!data) return found.isError ? null : <Skeleton className="h-40" />;
  const kinds = ["whole", "created", "updated", "not"] as const;
  const of = (kind: (typeof kinds)[number]) => data.streams.filter((stream) => stream.recoverable === kind);
  return (
    <Section title={t("sources.recover.title")} about={t("sources.recover.about")}>
      <p className="mb-3 text-xl font-semibold tabular-nums">
        {t("sources.recover.score", { share: percent(data.score), count: data.records })}
      </p>
      <dl className="grid gap-x-5 gap-y-1.5 text-sm sm:grid-cols-[auto_minmax(0,1fr)] [&_dt]:text-muted">
        {kinds
          .filter((kind) => of(kind).length > 0)
          .map((kind) => (
            <div key={kind} className="contents">
              <dt>{t(`sources.recover.${kind}`)}</dt>
              <dd>
                {of(kind)
                  .map((stream) => `${stream.stream} (${count(stream.records)})`)
                  .join(", ")}
              </dd>
            </div>
          ))}
      </dl>
    </Section>
  );
}
