"use client";

import { count } from "@/lib/format";
import { useT } from "@/lib/i18n";
import { useHere } from "@/lib/session";
import { Link } from "@/platform/router";
import { BackUp } from "@/screens/sources/back-up";
import type { Standing } from "@/screens/sources/standing";
import { StandingBadge, useWhy } from "@/screens/sources/standing-badge";
import { Target } from "@/screens/sources/target";
import { Badge } from "@/ui/badge";
import { ButtonLink } from "@/ui/button";
import { Skeleton } from "@/ui/skeleton";
import { Sparkline } from "@/ui/sparkline";
import { Table, Td, Th, Tr } from "@/ui/table";
import { Ago } from "@/ui/time";
import "@/messages/en/sources";

/** Sources in rows, each with its state by age against target. `isRead`: whether their snapshots are known. */
export function SourceTable({ standings, isRead }: { standings: readonly Standing[]; isRead: boolean }) {
  const t = useT();
  return (
    <Table
      label={t("sources.title")}
      head={
        <>
          <Th>{t("sources.column.source")}</Th>
          <Th>{t("sources.column.state")}</Th>
          <Th>{t("sources.column.good")}</Th>
          <Th>{t("sources.column.next")}</Th>
          <Th className="text-right">{t("sources.column.records")}</Th>
          <Th className="hidden md:table-cell">{t("sources.column.trend")}</Th>
          <Th>
            <span className="sr-only">{t("sources.column.acts")}</span>
          </Th>
        </>
      }
    >
      {standings.map((one) => (
        <Row key={one.source.id} one={one} isRead={isRead} />
      ))}
    </Table>
  );
}

function Row({ one, isRead }: { one: Standing; isRead: boolean }) {
  const t = useT();
  const here = useHere();
  const why = useWhy();
  const { source, last, snapshots } = one;
  const records = snapshots.map((snapshot) => snapshot.records).reverse();
  return (
    <Tr>
      <Td className="min-w-36">
        <Link href={here.path(`/sources/${source.id}`)} className="inline-flex min-h-6 items-center font-medium hover:underline">
          {source.name}
        </Link>
        <span className="flex flex-wrap items-center gap-1 text-[13px] text-muted">
          {one.connection?.name}
          {(source.tags ?? []).map((tag) => (
            <span key={tag} className="rounded bg-sunken px-1.5 text-xs leading-5 ring-1 ring-line ring-inset">
              {tag}
            </span>
          ))}
        </span>
      </Td>
      <Td>
        {isRead ? (
          <span title={why(one)} className="flex flex-wrap gap-1.5">
            <StandingBadge state={one.state} />
            {one.active && one.state !== "first" && (
              <Badge tone="accent" isLive>
                {t("sources.running")}
              </Badge>
            )}
          </span>
        ) : (
          <Skeleton className="w-20" />
        )}
        {one.lastRun?.state === "failed" && (
          <Link
            href={here.path(`/runs/${one.lastRun.id}`)}
            className="flex min-h-6 items-center text-[13px] whitespace-nowrap text-bad hover:underline"
          >
            {t("sources.failed")}
          </Link>
        )}
      </Td>
      <Td className="whitespace-nowrap">
        {last ? <Ago at={last.at} /> : isRead ? "–" : <Skeleton className="w-20" />}
        <span className="block text-[13px] text-muted">
          <Target one={one} />
        </span>
      </Td>
      <Td className="whitespace-nowrap text-muted">
        {one.nextAt ? <Ago at={one.nextAt} /> : one.jobs.some((job) => job.paused) ? t("sources.paused") : t("sources.none")}
      </Td>
      <Td className="text-right tabular-nums">{last ? count(last.records) : "–"}</Td>
      <Td className="hidden md:table-cell">
        <Sparkline
          values={records}
          label={t("sources.trend", { count: records.length, from: count(records[0] ?? 0), to: count(records.at(-1) ?? 0) })}
        />
      </Td>
      <Td className="text-right">
        <Act one={one} />
      </Td>
    </Tr>
  );
}

/** Backing up, or what has to be mended before that. */
function Act({ one }: { one: Standing }) {
  const t = useT();
  const here = useHere();
  if (one.connection?.state === "needs_reauth" && !one.active)
    return (
      <ButtonLink
        size="sm"
        href={here.path(`/connections/${one.connection.id}`)}
        aria-label={`${t("sources.repair")}: ${one.connection.name}`}
      >
        {t("sources.repair")}
      </ButtonLink>
    );
  return <BackUp source={one.source} active={one.active} kind="plain" size="sm" isWatched={false} />;
}
