"use client";

import type { Shape } from "@/lib/api";
import type { useCompared } from "@/lib/compared";
import { secondsOf } from "@/lib/duration";
import { ago, count, day, moment } from "@/lib/format";
import { useT } from "@/lib/i18n";
import { isScheduled, type Standing } from "@/screens/sources/standing";
import { StandingBadge, useWhy } from "@/screens/sources/standing-badge";
import { planWords, quietWords } from "@/screens/sources/words";
import "@/messages/en/report";

type Props = {
  standing: Standing;
  platform: string | undefined;
  retention: Shape["RetentionShown"] | undefined;
  compared: ReturnType<typeof useCompared>["data"];
};

/** One source on paper: what was promised, what there is, how it was proved, and how long it stays. */
export function ReportedSource({ standing, platform, retention, compared }: Props) {
  const t = useT();
  const why = useWhy();
  const { source, connection, last, snapshots } = standing;
  const kept = snapshots.length >= 100 ? t("report.kept.more", { count: 100 }) : t("report.kept", { count: snapshots.length });
  return (
    <section className="break-inside-avoid rounded-lg border border-line bg-surface">
      <header className="flex flex-wrap items-center justify-between gap-2 border-b border-line px-4 py-2.5">
        <div>
          <h3 className="text-sm font-semibold">{source.name}</h3>
          {connection && (
            <p className="text-[13px] text-muted">
              {t("report.site", {
                platform: platform ?? connection.platform,
                site: connection.site_url ?? connection.site_name ?? connection.name,
              })}
            </p>
          )}
        </div>
        <StandingBadge state={standing.state} />
      </header>
      <dl className="grid gap-x-5 gap-y-1.5 px-4 py-3 text-sm sm:grid-cols-[11rem_minmax(0,1fr)] [&_dt]:text-muted">
        <dt>{t("report.promise")}</dt>
        <dd>
          <Promised jobs={standing.jobs} />
        </dd>
        <dt>{t("report.good")}</dt>
        <dd>
          {last ? t("report.good.said", { number: last.number, at: moment(last.at), records: count(last.records) }) : t("report.good.none")}
          {last && <span className="text-muted"> · {ago(last.at)}</span>}
          {last?.kind === "partial" && <span className="block text-warn">{t("report.good.partial")}</span>}
        </dd>
        <dt>{t("report.standing")}</dt>
        <dd>{why(standing)}</dd>
        <dt>{t("report.verification")}</dt>
        <dd>
          <Proved source={source.id} compared={compared} />
        </dd>
        <dt>{t("report.retention")}</dt>
        <dd>
          {retention ? <Kept policy={retention.effective} /> : t("report.retention.unread")}
          <span className="text-muted">
            {" · "}
            {kept}
            <Held count={snapshots.filter((one) => one.held).length} />
          </span>
        </dd>
      </dl>
    </section>
  );
}

function Promised({ jobs }: { jobs: readonly Shape["Job"][] }) {
  const t = useT();
  if (!isScheduled(jobs)) return t("report.promise.none");
  return jobs
    .filter((job) => job.timetable && !job.paused)
    .map((job) => [planWords(job.timetable), ...(job.timetable?.quiet ?? []).map((window) => quietWords(window))].join(" · "))
    .join(" · ");
}

function Proved({ source, compared }: { source: string; compared: Props["compared"] }) {
  const t = useT();
  if (!compared) return t("report.retention.unread");
  const last = compared.items.find((one) => one.source === source);
  if (!last) return t(compared.isWhole ? "report.verification.never" : "report.verification.lately");
  return t(last.good ? "report.verification.good" : "report.verification.bad", { sampled: last.sampled, at: day(last.at) });
}

const RULES = ["hourly", "daily", "weekly", "monthly", "yearly", "last"] as const;

function Kept({ policy }: { policy: Shape["Policy"] }) {
  const t = useT();
  const rules = RULES.filter((rule) => policy[rule]).map((rule) => t(`report.retention.${rule}`, { count: policy[rule] ?? 0 }));
  if (policy.within) rules.push(t("report.retention.within", { count: Math.round(secondsOf(policy.within) / 86_400) }));
  return rules.length === 0 ? t("report.retention.all") : rules.join(", ");
}

function Held({ count }: { count: number }) {
  const t = useT();
  return count > 0 ? `, ${t("report.retention.held", { count })}` : null;
}
