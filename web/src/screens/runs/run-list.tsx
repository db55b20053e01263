"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { type Shape, useApi } from "@/lib/api";
import { count, lasted } from "@/lib/format";
import { useT } from "@/lib/i18n";
import { useSourceNames } from "@/lib/listings";
import { useHere } from "@/lib/session";
import { Link } from "@/platform/router";
import { RunBadge } from "@/screens/runs/run-badge";
import { changes, secondsOfRun } from "@/screens/runs/run-words";
import { More } from "@/ui/more";
import { SkeletonRows } from "@/ui/skeleton";
import { Empty, Failure } from "@/ui/states";
import { Table, Td, Th, Tr } from "@/ui/table";
import { Ago } from "@/ui/time";
import "@/messages/en/runs";

/** Runs, newest first; of one source, or of all. */
export function RunList({ source, isActive = false, isOfOne = false }: { source?: string; isActive?: boolean; isOfOne?: boolean }) {
  const t = useT();
  const api = useApi();
  const filter = { ...(source ? { source } : {}), ...(isActive ? { active: true } : {}) };
  const runs = useInfiniteQuery({
    queryKey: ["get", "/v2/runs", "list", filter],
    queryFn: async ({ pageParam }) => {
      const query = { limit: 50, ...filter, ...(pageParam ? { cursor: pageParam } : {}) };
      return (await api.call.GET("/v2/runs", { params: { query } })).data;
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page?.next ?? null,
  });
  const names = useSourceNames({ enabled: !isOfOne });
  if (runs.isError && !runs.data) return <Failure error={runs.error} onRetry={() => void runs.refetch()} />;
  if (!runs.data) return <SkeletonRows />;
  const all = runs.data.pages.flatMap((page) => page?.items ?? []);
  if (all.length === 0) return <Empty title={t("runs.empty.title")}>{t("runs.empty.text")}</Empty>;
  return (
    <>
      <Table
        label={t("runs.title")}
        head={
          <>
            <Th>{t("runs.column.when")}</Th>
            {!isOfOne && <Th>{t("runs.column.source")}</Th>}
            <Th>{t("runs.column.state")}</Th>
            <Th className="text-right">{t("runs.column.records")}</Th>
            <Th>{t("runs.column.changes")}</Th>
            <Th>{t("runs.column.took")}</Th>
            <Th>{t("runs.column.why")}</Th>
          </>
        }
      >
        {all.map((run) => (
          <Row key={run.id} run={run} source={isOfOne ? null : (names.get(run.source) ?? run.source)} />
        ))}
      </Table>
      <More query={runs} />
    </>
  );
}

function Row({ run, source }: { run: Shape["RunShown"]; source: string | null }) {
  const t = useT();
  const here = useHere();
  return (
    <Tr>
      <Td className="whitespace-nowrap">
        <Link href={here.path(`/runs/${run.id}`)} className="inline-flex min-h-6 items-center font-medium hover:underline">
          <Ago at={run.started_at ?? run.queued_at} />
        </Link>
      </Td>
      {source !== null && <Td className="min-w-28">{source}</Td>}
      <Td>
        <RunBadge state={run.state} />
      </Td>
      <Td className="text-right tabular-nums">{count(run.records)}</Td>
      <Td className="text-[13px] whitespace-nowrap text-muted">{changes(run, t)}</Td>
      <Td className="whitespace-nowrap text-muted tabular-nums">{tookOf(run)}</Td>
      <Td className="whitespace-nowrap text-muted">{t(`runs.trigger.${run.trigger}`)}</Td>
    </Tr>
  );
}

const tookOf = (run: Shape["RunShown"]) => {
  const seconds = secondsOfRun(run);
  return seconds === null || !run.ended_at ? "–" : lasted(seconds);
};
