"use client";

import type { Shape } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { useHere } from "@/lib/session";
import { Link } from "@/platform/router";
import { RunBadge } from "@/screens/runs/run-badge";
import { changes } from "@/screens/runs/run-words";
import type { Standing } from "@/screens/sources/standing";
import { planWords } from "@/screens/sources/words";
import { ButtonLink } from "@/ui/button";
import { Section } from "@/ui/card";
import { Ago } from "@/ui/time";

const SHOWN = 6;
const nameOf = (standings: readonly Standing[], source: string) => standings.find((one) => one.source.id === source)?.source.name ?? source;

/** The newest runs and what they found. */
export function RecentRuns({ standings, runs }: { standings: readonly Standing[]; runs: readonly Shape["RunShown"][] }) {
  const t = useT();
  const here = useHere();
  if (!here.may("runs:read")) return null;
  return (
    <Section
      title={t("overview.runs")}
      isFlush
      className="min-w-0"
      actions={
        <ButtonLink size="sm" href={here.path("/runs")}>
          {t("overview.runs.all")}
        </ButtonLink>
      }
    >
      {runs.length === 0 && <p className="p-4 text-sm text-muted">{t("overview.runs.none")}</p>}
      <ul className="divide-y divide-line">
        {runs.slice(0, SHOWN).map((run) => (
          <li key={run.id} className="flex flex-wrap items-center gap-x-3 gap-y-0.5 px-4 py-2 text-sm">
            <RunBadge state={run.state} />
            <Link href={here.path(`/runs/${run.id}`)} className="inline-flex min-h-6 items-center font-medium hover:underline">
              {nameOf(standings, run.source)}
            </Link>
            <span className="min-w-0 flex-1 truncate text-[13px] text-muted">{changes(run, t)}</span>
            <span className="text-[13px] text-muted">
              <Ago at={run.started_at ?? run.queued_at} />
            </span>
          </li>
        ))}
      </ul>
    </Section>
  );
}

/** What runs by itself next. */
export function NextRuns({ standings }: { standings: readonly Standing[] }) {
  const t = useT();
  const here = useHere();
  if (!here.may("jobs:read")) return null;
  const due = standings
    .flatMap((one) => one.jobs.map((job) => ({ job, source: one.source })))
    .filter(({ job }) => job.due_at && !job.paused)
    .sort((one, other) => (one.job.due_at ?? "").localeCompare(other.job.due_at ?? ""));
  return (
    <Section title={t("overview.next")} isFlush className="min-w-0">
      {due.length === 0 && <p className="p-4 text-sm text-muted">{t("overview.next.none")}</p>}
      <ul className="divide-y divide-line">
        {due.slice(0, SHOWN).map(({ job, source }) => (
          <li key={job.id} className="flex flex-wrap items-center justify-between gap-x-3 px-4 py-2 text-sm">
            <Link
              href={here.path(`/sources/${source.id}?tab=schedule`)}
              className="inline-flex min-h-6 items-center font-medium hover:underline"
            >
              {source.name}
            </Link>
            <span className="text-[13px] text-muted">
              {job.due_at && <Ago at={job.due_at} />} · {planWords(job.timetable)}
            </span>
          </li>
        ))}
      </ul>
    </Section>
  );
}
