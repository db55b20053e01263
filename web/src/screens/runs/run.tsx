"use client";

import { type Shape, useApi } from "@/lib/api";
import { bytes, count, lasted, percent } from "@/lib/format";
import { useT } from "@/lib/i18n";
import { useLiveState, useRunProgress } from "@/lib/live";
import { useHere } from "@/lib/session";
import { usePart } from "@/platform/params";
import { Failures } from "@/screens/runs/failures";
import { withWord } from "@/screens/runs/progress";
import { RunActs } from "@/screens/runs/run-acts";
import { isOver, RunBadge } from "@/screens/runs/run-badge";
import { RunLog } from "@/screens/runs/run-log";
import { RunSaid } from "@/screens/runs/run-said";
import { RunStreams } from "@/screens/runs/run-streams";
import { secondsOfRun } from "@/screens/runs/run-words";
import { useSeconds } from "@/screens/runs/seconds";
import { Figure } from "@/ui/card";
import { Page } from "@/ui/page";
import { SkeletonRows } from "@/ui/skeleton";
import { Shown } from "@/ui/states";
import { Moment } from "@/ui/time";
import "@/messages/en/runs";

/** One run: live while it goes on, then what came of it. */
export default function OneRun() {
  const t = useT();
  const here = useHere();
  const api = useApi();
  const id = usePart("runs");
  const word = useRunProgress(id);
  const isLive = useLiveState() === "live";
  const query = api.use.useQuery(
    "get",
    "/v2/runs/{run}",
    { params: { path: { run: id ?? "" } } },
    {
      enabled: id !== null,
      refetchInterval: ({ state }) => (state.data && isOver(state.data.state) ? false : isLive ? 3000 : 1000),
    },
  );
  const run = query.data && withWord(query.data, word);
  const source = api.use.useQuery(
    "get",
    "/v2/sources/{source}",
    { params: { path: { source: run?.source ?? "" } } },
    { enabled: run !== undefined && here.may("sources:read") },
  );
  const name = source.data?.name;
  const isRetryShown = run && isOver(run.state);
  return (
    <Page
      title={name ? t("runs.of", { source: name }) : t("runs.one")}
      trail={[
        { name: t("runs.title"), href: here.path("/runs") },
        ...(run && name ? [{ name, href: here.path(`/sources/${run.source}?tab=runs`) }] : []),
      ]}
      about={run && <About run={run} />}
      actions={run && <RunActs run={run} isRetryShown={isRetryShown} />}
    >
      <Shown query={query} skeleton={<SkeletonRows rows={9} />}>
        {() => run && <Body run={run} connection={source.data?.connection} />}
      </Shown>
    </Page>
  );
}

function About({ run }: { run: Shape["RunShown"] }) {
  const t = useT();
  return (
    <span className="flex flex-wrap items-center gap-2">
      <RunBadge state={run.state} />
      <span>
        <Moment at={run.started_at ?? run.queued_at} /> · {t(`runs.trigger.${run.trigger}`)}
        {run.full && ` · ${t("runs.full")}`}
        {run.tries > 0 && ` · ${t("runs.tries", { count: run.tries })}`}
        {run.crashes > 0 && ` · ${t("runs.crashes", { count: run.crashes })}`}
      </span>
    </span>
  );
}

function Body({ run, connection }: { run: Shape["RunShown"]; connection: string | undefined }) {
  return (
    <div className="grid gap-5">
      <RunSaid run={run} connection={connection} />
      <Figures run={run} />
      {run.streams.length > 0 && <RunStreams run={run} />}
      <Failures run={run} connection={connection} />
      <RunLog run={run} />
    </div>
  );
}

/** What may still be asked of the platform: our share of what it grants. */
const quotaWords = ({ calls, of, per }: Shape["QuotaShown"], t: ReturnType<typeof useT>) =>
  t("runs.figure.quota", { left: count(Math.max(0, calls)), of: count(of), per });

function Figures({ run }: { run: Shape["RunShown"] }) {
  const t = useT();
  const now = useSeconds(!run.ended_at);
  const seconds = secondsOfRun(run, now);
  const saved =
    run.ended_at && run.written_bytes > 0 && run.received_bytes > run.written_bytes ? 1 - run.written_bytes / run.received_bytes : null;
  return (
    <div className="grid grid-cols-2 gap-3 lg:grid-cols-5">
      <Figure name={t("runs.figure.read")} value={count(run.records)} />
      <Figure name={t("runs.figure.received")} value={bytes(run.received_bytes)} />
      <Figure
        name={t("runs.figure.written")}
        value={run.ended_at ? bytes(run.written_bytes) : "–"}
        about={saved !== null && t("runs.figure.saved", { share: percent(saved) })}
      />
      <Figure
        name={t("runs.figure.calls")}
        value={count(
          Math.max(
            run.calls,
            run.streams.reduce((sum, stream) => sum + (stream.calls ?? 0), 0),
          ),
        )}
        about={run.quota && quotaWords(run.quota, t)}
      />
      <Figure
        name={run.ended_at ? t("runs.figure.took") : t("runs.figure.since")}
        value={seconds === null ? "–" : lasted(seconds)}
        about={run.attempt > 1 && t("runs.figure.attempt", { count: run.attempt })}
      />
    </div>
  );
}
