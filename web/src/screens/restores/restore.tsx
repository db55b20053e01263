"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { type Shape, useApi } from "@/lib/api";
import { count, moment } from "@/lib/format";
import { type Key, useT } from "@/lib/i18n";
import { useHere } from "@/lib/session";
import { usePart } from "@/platform/params";
import { Link } from "@/platform/router";
import { ACTIONS } from "@/screens/restores/plan-view";
import { useSnapshots, useSource } from "@/screens/snapshots/moments";
import { useAct } from "@/ui/act";
import { Badge, type Tone } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Card, Figure, Section } from "@/ui/card";
import { Dialog } from "@/ui/dialog";
import { More } from "@/ui/more";
import { Page } from "@/ui/page";
import { Progress } from "@/ui/progress";
import { ServerWords } from "@/ui/server-words";
import { SkeletonRows } from "@/ui/skeleton";
import { Failure, Shown } from "@/ui/states";
import { Table, Td, Th, Tr } from "@/ui/table";
import { tell } from "@/ui/toast";
import "@/messages/en/restores";

type Restore = Shape["RestoreShown"];
export const STATES: Record<Shape["RestoreState"], [Key, Tone]> = {
  running: ["restores.state.running", "accent"],
  done: ["restores.state.done", "good"],
  partial: ["restores.state.partial", "warn"],
  cancelled: ["restores.state.cancelled", "plain"],
  undoing: ["restores.state.undoing", "accent"],
  undone: ["restores.state.undone", "plain"],
};
const ENTRIES: Record<Shape["EntryState"], [Key, Tone]> = {
  intent: ["restores.entry.intent", "accent"],
  done: ["restores.entry.done", "good"],
  failed: ["restores.entry.failed", "bad"],
  undoing: ["restores.entry.undoing", "accent"],
  undone: ["restores.entry.undone", "plain"],
  kept: ["restores.entry.kept", "warn"],
};
export const isUnderWay = (state: Restore["state"]) => state === "running" || state === "undoing";

/** A restore: how far it is, how it ended, what it did to each record, and its undoing. */
export default function RestorePage() {
  const t = useT();
  const here = useHere();
  const id = usePart("restores");
  const query = useApi().use.useQuery(
    "get",
    "/v2/restores/{restore}",
    { params: { path: { restore: id ?? "" } } },
    { enabled: id !== null, refetchInterval: ({ state }) => (state.data && isUnderWay(state.data.state) ? 800 : false) },
  );
  const trail = [{ name: t("restores.title"), href: here.path("/restores") }];
  return (
    <Page
      title={t("restores.one")}
      trail={trail}
      about={query.data && <About restore={query.data} />}
      actions={query.data && <Acts restore={query.data} />}
    >
      <Shown query={query} skeleton={<SkeletonRows rows={8} />}>
        {(restore) => (
          <div className="grid gap-4">
            <Going restore={restore} />
            {restore.message && (
              <p className="rounded-md bg-warn-soft px-3 py-2 text-sm text-warn">
                <ServerWords>{restore.message}</ServerWords>
              </p>
            )}
            {restore.result && <Result title={t("restores.result")} result={restore.result} />}
            {restore.undo_result && <Result title={t("restores.undo.result")} result={restore.undo_result} />}
            <Report restore={restore} />
          </div>
        )}
      </Shown>
    </Page>
  );
}

function About({ restore }: { restore: Restore }) {
  const t = useT();
  const here = useHere();
  const name = useSource(restore.source).data?.name ?? "…";
  const snapshot = useSnapshots(restore.source).data?.find((one) => one.number === restore.snapshot_number);
  return (
    <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
      <Badge tone={STATES[restore.state][1]} isLive={isUnderWay(restore.state) && restore.working}>
        {t(STATES[restore.state][0])}
      </Badge>
      <Link
        className="inline-flex min-h-6.5 items-center hover:underline"
        href={here.path(`/sources/${restore.source}/snapshots${snapshot ? `?snapshot=${snapshot.id}` : ""}`)}
      >
        {name}
        {snapshot && ` · ${t("restores.asit", { moment: moment(snapshot.at) })}`}
      </Link>
      <span>{t("restores.begun", { moment: moment(restore.created_at) })}</span>
    </span>
  );
}

function Acts({ restore }: { restore: Restore }) {
  const t = useT();
  const { call, cache } = useApi();
  const may = useHere().may("restores:execute");
  const [isAsking, setAsking] = useState(false);
  const { isBusy, act } = useAct();
  if (!may) return null;
  const params = { path: { restore: restore.id } };
  const steer = act(async (what: "cancel" | "resume" | "undo", said: Key) => {
    await call.POST(`/v2/restores/{restore}/${what}`, { params });
    setAsking(false);
    void tell(t(said));
    await cache.invalidateQueries({ queryKey: ["get", "/v2/restores/{restore}"] });
  });
  const canUndo = restore.state !== "undone" && restore.state !== "running";
  return (
    <>
      {restore.state === "running" && (
        <Button isBusy={isBusy} onClick={() => void steer("cancel", "restores.cancelled")}>
          {t("restores.cancel")}
        </Button>
      )}
      {restore.state === "running" && !restore.working && (
        <Button kind="primary" isBusy={isBusy} onClick={() => void steer("resume", "restores.resumed")}>
          {t("restores.resume")}
        </Button>
      )}
      {canUndo && (restore.state !== "undoing" || !restore.working) && (
        <Button onClick={() => setAsking(true)}>{t("restores.undo")}</Button>
      )}
      <Dialog
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        title={t("restores.undo.title")}
        about={t("restores.undo.about", { created: restore.result?.created ?? 0, updated: restore.result?.updated ?? 0 })}
        actions={
          <Button kind="danger" isBusy={isBusy} onClick={() => void steer("undo", "restores.undoing")}>
            {t("restores.undo")}
          </Button>
        }
      >
        <p className="text-sm text-muted">{t("restores.undo.kept")}</p>
      </Dialog>
    </>
  );
}

function Going({ restore }: { restore: Restore }) {
  const t = useT();
  if (!isUnderWay(restore.state)) return null;
  const { progress } = restore;
  return (
    <Card className="grid gap-2 px-4 py-3 text-sm" role="status">
      <p className="flex flex-wrap justify-between gap-x-3 tabular-nums">
        <span>
          {restore.working
            ? t(restore.state === "undoing" ? "restores.going.back" : "restores.going", { stream: progress?.stream ?? "" })
            : t("restores.interrupted")}
        </span>
        {progress && (
          <span>
            {count(progress.done)} / {count(progress.total)}
          </span>
        )}
      </p>
      <Progress share={progress && progress.total > 0 ? progress.done / progress.total : null} label={t("restores.progress")} />
    </Card>
  );
}

const COUNTS = ["created", "updated", "skipped", "conflicts", "failed", "deleted", "reverted", "kept"] as const;

function Result({ title, result }: { title: string; result: Shape["RestoreResult"] }) {
  const t = useT();
  const shown = COUNTS.filter((name) => (result[name] ?? 0) > 0);
  return (
    <section aria-label={title} className="grid gap-2">
      <h2 className="text-sm font-semibold">{title}</h2>
      {shown.length === 0 && <p className="text-sm text-muted">{t("restores.result.none")}</p>}
      <div className="grid grid-cols-2 gap-3 lg:grid-cols-4">
        {shown.map((name) => (
          <Figure key={name} name={t(`restores.count.${name}`)} value={count(result[name] ?? 0)} />
        ))}
      </div>
      {(result.problems ?? []).map((problem) => (
        <p key={problem} className="rounded-md bg-warn-soft px-3 py-2 text-sm text-warn">
          <RecordProblem said={problem} />
        </p>
      ))}
    </section>
  );
}

/** "contacts 12: why": the record stays as it is named, the sentence is said in the reader's language. */
function RecordProblem({ said }: { said: string }) {
  const [record, why] = said.split(/: (.*)/s);
  return (
    <>
      {record}: <ServerWords>{why}</ServerWords>
    </>
  );
}

function Report({ restore }: { restore: Restore }) {
  const t = useT();
  const { call } = useApi();
  const query = useInfiniteQuery({
    queryKey: ["get", "/v2/restores/{restore}/report", restore.id, restore.state],
    queryFn: async ({ pageParam, signal }) =>
      (
        await call.GET("/v2/restores/{restore}/report", {
          params: { path: { restore: restore.id }, query: { limit: 100, cursor: pageParam } },
          signal,
        })
      ).data ?? { items: [], next: null },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    refetchInterval: isUnderWay(restore.state) ? 2000 : false,
  });
  const entries = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Section title={t("restores.report")} about={t("restores.report.about")}>
      <div className="-m-4">
        {query.isPending ? (
          <SkeletonRows rows={4} />
        ) : query.isError && entries.length === 0 ? (
          <Failure error={query.error} onRetry={() => void query.refetch()} />
        ) : entries.length === 0 ? (
          <p className="p-4 text-sm text-muted">{t("restores.report.none")}</p>
        ) : (
          <Table
            label={t("restores.report")}
            head={
              <>
                <Th>{t("restores.record")}</Th>
                <Th>{t("restores.act")}</Th>
                <Th>{t("restores.state")}</Th>
                <Th>{t("restores.target")}</Th>
                <Th>{t("restores.message")}</Th>
              </>
            }
          >
            {entries.map((entry) => (
              <Tr key={`${entry.stream} ${entry.key}`}>
                <Td className="font-medium whitespace-nowrap">
                  {entry.stream} {entry.key}
                </Td>
                <Td>{t(ACTIONS[entry.action][0])}</Td>
                <Td>
                  <Badge tone={ENTRIES[entry.state][1]}>{t(ENTRIES[entry.state][0])}</Badge>
                </Td>
                <Td className="tabular-nums">{entry.target !== entry.key && entry.target}</Td>
                <Td className="text-muted">
                  <ServerWords>{entry.message}</ServerWords>
                </Td>
              </Tr>
            ))}
          </Table>
        )}
        <More query={query} />
      </div>
    </Section>
  );
}
