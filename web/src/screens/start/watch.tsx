"use client";

import { CircleCheck } from "lucide-react";
import { type Shape, useApi } from "@/lib/api";
import { bytes, count } from "@/lib/format";
import { useT } from "@/lib/i18n";
import { type RunProgress, useLiveState, useRunProgress } from "@/lib/live";
import { reasonSaid } from "@/lib/reason-words";
import { useHere } from "@/lib/session";
import { useGo } from "@/platform/router";
import { useAct } from "@/ui/act";
import { Button, ButtonLink } from "@/ui/button";
import { Card } from "@/ui/card";
import { Progress } from "@/ui/progress";
import { ServerWords } from "@/ui/server-words";
import { SkeletonRows } from "@/ui/skeleton";
import { Shown } from "@/ui/states";

type Run = Shape["RunShown"];
const isOver = (run: Run) => run.state !== "queued" && run.state !== "running";

const WORDS = {
  queued: "start.watch.queued",
  running: "start.watch.running",
  succeeded: "start.watch.done",
  partial: "start.watch.partial",
  failed: "start.watch.failed",
  cancelled: "start.watch.cancelled",
} as const;

/** The first run as it goes on, and what comes after it. */
export default function Watch({ run: id }: { run: string }) {
  const live = useLiveState();
  const run = useApi().use.useQuery(
    "get",
    "/v2/runs/{run}",
    { params: { path: { run: id } } },
    { refetchInterval: ({ state }) => (live !== "live" && !(state.data && isOver(state.data)) ? 1500 : false) },
  );
  return (
    <Card>
      <Shown query={run} skeleton={<SkeletonRows />}>
        {(data) => <Story run={data} />}
      </Shown>
    </Card>
  );
}

function Story({ run }: { run: Run }) {
  const t = useT();
  const progress = useRunProgress(run.id);
  const now = isOver(run) || !progress ? run : progress;
  return (
    <div className="grid gap-5 p-4 sm:p-5">
      <p role="status" className="sr-only">
        {t(WORDS[run.state])}
      </p>
      <Headline run={run} now={now} />
      <ul className="grid gap-3">
        {now.streams.map((stream) => (
          <StreamLine key={stream.stream} stream={stream} isOver={isOver(run)} />
        ))}
      </ul>
    </div>
  );
}

function Headline({ run, now }: { run: Run; now: Run | RunProgress }) {
  const t = useT();
  const here = useHere();
  if (!isOver(run))
    return (
      <div className="grid gap-3">
        <div>
          <h2 className="font-semibold">{t(WORDS[run.state])}</h2>
          <p className="text-sm text-muted tabular-nums">
            {t("start.watch.figures", { records: count(now.records), size: bytes(now.received_bytes), calls: count(now.calls) })}
          </p>
        </div>
        <Progress share={shareOf(now)} label={t("start.watch.running")} />
      </div>
    );
  if (run.state !== "succeeded" && run.state !== "partial") return <Failed run={run} />;
  return (
    <div className="grid gap-4">
      <div className="flex items-start gap-3">
        <CircleCheck aria-hidden className="mt-0.5 size-6 shrink-0 text-good" />
        <div>
          <h2 className="font-semibold">{t(WORDS[run.state])}</h2>
          <p className="text-sm text-muted tabular-nums">
            {t("start.watch.kept", { records: count(run.records), size: bytes(run.written_bytes) })}
          </p>
          {run.message && <p className="text-sm text-warn">{reasonSaid(t, run.reason, run.message)}</p>}
        </div>
      </div>
      <div className="flex flex-wrap gap-2">
        <ButtonLink kind="primary" href={here.path(`/sources/${run.source}/snapshots`)}>
          {t("start.watch.look")}
        </ButtonLink>
        <ButtonLink href={here.path("")}>{t("start.overview")}</ButtonLink>
      </div>
    </div>
  );
}

function Failed({ run }: { run: Run }) {
  const t = useT();
  const api = useApi();
  const here = useHere();
  const go = useGo();
  const { isBusy, act } = useAct();
  const again = act(async () => {
    const { data } = await api.call.POST("/v2/runs/{run}/retry", { params: { path: { run: run.id } } });
    if (data) go.instead(here.path(`/start?run=${data.id}`));
  });
  return (
    <div className="grid gap-3">
      <div>
        <h2 className="font-semibold">{t(WORDS[run.state])}</h2>
        {run.message && <p className="text-sm">{reasonSaid(t, run.reason, run.message)}</p>}
        {run.hint && (
          <p className="text-sm text-muted">
            <ServerWords>{run.hint}</ServerWords>
          </p>
        )}
      </div>
      <div className="flex flex-wrap gap-2">
        <Button kind="primary" isBusy={isBusy} onClick={again}>
          {t("common.retry")}
        </Button>
        <ButtonLink href={here.path(`/runs/${run.id}`)}>{t("start.watch.log")}</ButtonLink>
      </div>
    </div>
  );
}

function StreamLine({
  stream,
  isOver,
}: {
  stream: { stream: string; state?: string; records?: number; total?: number | null };
  isOver: boolean;
}) {
  const t = useT();
  const { records = 0, total = null, state = "waiting" } = stream;
  const share = state === "complete" ? 1 : state === "waiting" || isOver ? 0 : total ? Math.min(1, records / total) : null;
  return (
    <li className="grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-4 gap-y-1 text-sm sm:grid-cols-[12rem_minmax(0,1fr)_8rem]">
      <span className="truncate">{stream.stream}</span>
      <span className="order-last col-span-2 sm:order-none sm:col-span-1">
        <Progress share={share} label={t("start.watch.stream", { stream: stream.stream })} />
      </span>
      <span className="text-right text-muted tabular-nums">
        {state === "waiting" ? t("start.watch.waiting") : total ? `${count(records)} / ${count(total)}` : count(records)}
      </span>
    </li>
  );
}

/** How far everything is, as far as the platform says how much there is. */
function shareOf(now: { streams: readonly { state?: string; records?: number; total?: number | null }[] }): number | null {
  if (now.streams.length === 0) return null;
  const parts = now.streams.map(({ state, records = 0, total }) => (state === "complete" ? 1 : total ? Math.min(1, records / total) : 0));
  return parts.reduce((sum, part) => sum + part, 0) / parts.length;
}
