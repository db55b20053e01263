"use client";

import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useDeferredValue } from "react";
import { type Shape, useApi } from "@/lib/api";
import { cn } from "@/lib/cn";
import { clock, moment } from "@/lib/format";
import { useT } from "@/lib/i18n";
import { useQuery } from "@/platform/params";
import { useSetQuery } from "@/platform/router";
import { isOver } from "@/screens/runs/run-badge";
import { Section } from "@/ui/card";
import { Select, TextField } from "@/ui/field";
import { More } from "@/ui/more";
import { SkeletonRows } from "@/ui/skeleton";
import { Failure } from "@/ui/states";

const LEVELS = ["info", "warning", "error"] as const;
const COLOUR = { info: "text-muted", warning: "text-warn", error: "text-bad" };

/** What happened in a run, line by line, searched by text, level and stream (?q=, ?level=, ?stream=). */
export function RunLog({ run }: { run: Shape["RunShown"] }) {
  const t = useT();
  const query = useQuery();
  const setQuery = useSetQuery();
  const level = LEVELS.find((one) => one === query.get("level"));
  const stream = query.get("stream");
  const q = useDeferredValue(query.get("q") ?? "");
  const log = useLog(run, { ...(q ? { q } : {}), ...(level ? { level } : {}), ...(stream ? { stream } : {}) });
  const lines = log.data?.pages.flatMap((page) => page?.items ?? []) ?? [];
  return (
    <Section title={t("runs.log")} isFlush>
      <div className="flex flex-wrap gap-2 border-b border-line px-4 py-3">
        <div className="min-w-40 flex-1">
          <TextField
            type="search"
            isLabelHidden
            label={t("runs.log.search")}
            placeholder={t("runs.log.search")}
            defaultValue={query.get("q") ?? ""}
            onChange={(event) => setQuery({ q: event.target.value })}
          />
        </div>
        <Select isLabelHidden label={t("runs.log.level")} value={level ?? ""} onChange={(event) => setQuery({ level: event.target.value })}>
          <option value="">{t("runs.log.level.all")}</option>
          {LEVELS.map((one) => (
            <option key={one} value={one}>
              {t(`runs.log.level.${one}`)}
            </option>
          ))}
        </Select>
        <Select
          isLabelHidden
          label={t("runs.log.stream")}
          value={stream ?? ""}
          onChange={(event) => setQuery({ stream: event.target.value })}
        >
          <option value="">{t("runs.log.stream.all")}</option>
          {run.streams.map((one) => (
            <option key={one.stream}>{one.stream}</option>
          ))}
        </Select>
      </div>
      {log.isError && !log.data ? (
        <Failure error={log.error} onRetry={() => void log.refetch()} />
      ) : !log.data ? (
        <SkeletonRows rows={4} />
      ) : lines.length === 0 ? (
        <p className="p-4 text-sm text-muted">{q || level || stream ? t("runs.log.none") : t("runs.log.empty")}</p>
      ) : (
        <Lines lines={lines} />
      )}
      <More query={log} />
    </Section>
  );
}

function Lines({ lines }: { lines: readonly Shape["LogLine"][] }) {
  const t = useT();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section aria-label={t("runs.log")} tabIndex={0} className="max-h-128 overflow-auto py-1.5 font-mono text-[13px]">
      <ol>
        {lines.map((line) => (
          <li key={line.seq} className="flex gap-3 px-4 py-0.5 hover:bg-sunken">
            <time dateTime={line.at} title={moment(line.at)} className="shrink-0 text-muted tabular-nums">
              {clock(line.at)}
            </time>
            <span className={cn("hidden w-16 shrink-0 sm:block", COLOUR[line.level])}>{line.level}</span>
            <span className={cn("min-w-0", line.level !== "info" && COLOUR[line.level])}>
              {line.message}
              {line.key && <span className="text-muted"> · {line.key}</span>}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function useLog(run: Shape["RunShown"], filter: { q?: string; level?: (typeof LEVELS)[number]; stream?: string }) {
  const api = useApi();
  return useInfiniteQuery({
    queryKey: ["get", "/v2/runs/{run}/logs", run.id, filter],
    queryFn: async ({ pageParam }) => {
      const query = { limit: 200, ...filter, ...(pageParam ? { cursor: pageParam } : {}) };
      return (await api.call.GET("/v2/runs/{run}/logs", { params: { path: { run: run.id }, query } })).data;
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page?.next ?? null,
    placeholderData: keepPreviousData,
    refetchInterval: isOver(run.state) ? false : 2000,
  });
}
