"use client";

import { type Shape, useApi } from "@/lib/api";
import { lasted, moment } from "@/lib/format";
import { useT } from "@/lib/i18n";
import { reasonSaid } from "@/lib/reason-words";
import { useHere } from "@/lib/session";
import { isEnded, type Left, leftOf, shareOfRun } from "@/screens/runs/progress";
import { useSeconds } from "@/screens/runs/seconds";
import { adviceOn, isOfConnection } from "@/screens/runs/what-to-do";
import { ButtonLink } from "@/ui/button";
import { Card } from "@/ui/card";
import { Progress } from "@/ui/progress";

type Run = Shape["RunShown"];

/** Where a run stands in one sentence; while it goes on, how far it is; when it is over, where to look at what came of it. */
export function RunSaid({ run, connection }: { run: Run; connection: string | undefined }) {
  const t = useT();
  const isOn = run.state === "queued" || run.state === "running";
  const isTrouble = run.state === "failed" || run.state === "partial";
  return (
    <Card className="grid gap-3 p-4">
      <p aria-live="polite" className="font-medium">
        {sentence(run, t)}
      </p>
      {isOn && <Far run={run} />}
      {isTrouble && run.message && (
        <div className="grid gap-1 text-sm">
          <p className={run.state === "failed" ? "text-bad" : "text-warn"}>{reasonSaid(t, run.reason, run.message)}</p>
          <p>
            <span className="font-medium">{t("runs.problem.do")}:</span> {run.reason ? t(adviceOn(run.reason)) : run.hint}
          </p>
        </div>
      )}
      <Onward run={run} connection={connection} />
    </Card>
  );
}

function sentence(run: Run, t: ReturnType<typeof useT>): string {
  const number = run.snapshot_number ?? 0;
  if (run.cancel_requested && !run.ended_at) return t("runs.cancelling");
  if (run.state === "queued" && run.not_before)
    return t("runs.said.held", { at: moment(run.not_before), why: reasonSaid(t, run.reason, run.message) ?? t("runs.said.held.platform") });
  if (run.state === "succeeded" || run.state === "partial") return t(`runs.said.${run.state}`, { number });
  if (run.state !== "running") return t(`runs.said.${run.state}`);
  if (run.streams.length === 0) return t("runs.said.starting");
  const at = run.streams.findIndex((stream) => stream.state === "reading");
  if (at < 0) return run.streams.every(isEnded) ? t("runs.said.closing") : t("runs.said.starting");
  return t("runs.said.running", { stream: run.streams[at]?.stream ?? "", at: at + 1, count: run.streams.length });
}

function Far({ run }: { run: Run }) {
  const t = useT();
  const now = useSeconds(true);
  const before = useBefore(run.source);
  const left = run.state === "running" ? leftOf(run, before, now) : null;
  return (
    <div className="grid gap-1.5">
      <Progress share={run.state === "queued" ? 0 : shareOfRun(run.streams)} label={t("runs.progress")} />
      {left && <p className="text-[13px] text-muted">{leftWords(left, t)}</p>}
    </div>
  );
}

function leftWords(left: Left, t: ReturnType<typeof useT>): string {
  if ("unknown" in left) return t("runs.eta.unknown", { streams: left.unknown.join(", ") });
  const time = lasted(left.seconds);
  if (left.by === "stream") return t("runs.eta.stream", { time, stream: left.stream });
  return t(left.by === "said" ? "runs.eta" : "runs.eta.guess", { time });
}

/** How many records each stream had in the last snapshot. */
function useBefore(source: string): ReadonlyMap<string, number> {
  const here = useHere();
  const params = { path: { source }, query: { limit: 1 } };
  const found = useApi().use.useQuery("get", "/v2/sources/{source}/snapshots", { params }, { enabled: here.may("snapshots:read") });
  return new Map(found.data?.items[0]?.streams.map((stream) => [stream.name, stream.records]));
}

function Onward({ run, connection }: { run: Run; connection: string | undefined }) {
  const t = useT();
  const here = useHere();
  const isBroken = run.reason !== null && isOfConnection(run.reason) && connection;
  const number = run.snapshot_number ?? 0;
  if (!run.ended_at || (!run.snapshot && !isBroken)) return null;
  const snapshots = here.path(`/sources/${run.source}/snapshots?snapshot=${run.snapshot}`);
  return (
    <div className="flex flex-wrap gap-2">
      {isBroken && (
        <ButtonLink kind="primary" href={here.path(`/connections/${connection}`)}>
          {t("runs.do.connection")}
        </ButtonLink>
      )}
      {run.snapshot && here.may("snapshots:read") && (
        <ButtonLink kind={isBroken ? "plain" : "primary"} href={snapshots}>
          {t("runs.result.browse")}
        </ButtonLink>
      )}
      {run.snapshot && number > 1 && here.may("content:read") && (
        <ButtonLink href={here.path(`/sources/${run.source}/compare?to=${run.snapshot}`)}>{t("runs.result.compare")}</ButtonLink>
      )}
    </div>
  );
}
