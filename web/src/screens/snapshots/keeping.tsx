"use client";

import { useState } from "react";
import { type Shape, useApi } from "@/lib/api";
import { useCompared } from "@/lib/compared";
import { count } from "@/lib/format";
import { useT } from "@/lib/i18n";
import { useHere } from "@/lib/session";
import type { Snapshot } from "@/screens/snapshots/moments";
import { useAct } from "@/ui/act";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Section } from "@/ui/card";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import { Progress } from "@/ui/progress";
import { ServerWords } from "@/ui/server-words";
import { Moment } from "@/ui/time";
import { tell } from "@/ui/toast";

/** Whether the snapshot must stay, and whether it was compared with the platform. */
export function Keeping({ snapshot }: { snapshot: Snapshot }) {
  const here = useHere();
  return (
    <div className="grid gap-4 lg:grid-cols-2">
      <Verifying snapshot={snapshot} />
      {(here.may("retention:manage") || snapshot.held !== null) && <Holding snapshot={snapshot} />}
    </div>
  );
}

function Holding({ snapshot }: { snapshot: Snapshot }) {
  const t = useT();
  const { call, cache } = useApi();
  const { act } = useAct();
  const may = useHere().may("retention:manage");
  const [isAsking, setAsking] = useState(false);
  const [reason, setReason] = useState("");
  const params = { path: { snapshot: snapshot.id } };
  const fresh = () => cache.invalidateQueries({ queryKey: ["get", "/v2/sources/{source}/snapshots"] });
  const hold = act(async (why: string) => {
    await call.POST("/v2/snapshots/{snapshot}/hold", { params, body: { reason: why } });
    setAsking(false);
    await fresh();
    void tell(t("snapshots.hold.done"));
  });
  const release = act(async () => {
    const was = snapshot.held ?? "";
    await call.DELETE("/v2/snapshots/{snapshot}/hold", { params });
    await fresh();
    void tell(t("snapshots.hold.released"), () => hold(was));
  });
  return (
    <Section
      title={t("snapshots.hold")}
      about={t("snapshots.hold.about")}
      actions={
        may &&
        (snapshot.held === null ? (
          <Button size="sm" onClick={() => setAsking(true)}>
            {t("snapshots.hold.do")}
          </Button>
        ) : (
          <Button size="sm" onClick={release}>
            {t("snapshots.hold.release")}
          </Button>
        ))
      }
    >
      <p className="text-sm">
        {snapshot.held === null ? (
          <span className="text-muted">{t("snapshots.hold.not")}</span>
        ) : (
          t("snapshots.hold.because", { reason: snapshot.held ?? "" })
        )}
      </p>
      <Dialog
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        title={t("snapshots.hold.do")}
        about={t("snapshots.hold.about")}
        actions={
          <Button kind="primary" disabled={!reason.trim()} onClick={() => void hold(reason.trim())}>
            {t("snapshots.hold.do")}
          </Button>
        }
      >
        <TextField label={t("snapshots.hold.reason")} value={reason} onChange={(event) => setReason(event.target.value)} maxLength={500} />
      </Dialog>
    </Section>
  );
}

function Verifying({ snapshot }: { snapshot: Snapshot }) {
  const t = useT();
  const { call, cache, use } = useApi();
  const { act } = useAct();
  const may = useHere().may("runs:execute");
  const params = { path: { snapshot: snapshot.id } };
  const [isAsked, setAsked] = useState(false);
  const compared = useCompared().data;
  const told = compared?.items.find((one) => one.snapshot === snapshot.id);
  const query = use.useQuery(
    "get",
    "/v2/snapshots/{snapshot}/verification",
    { params },
    // what the command line compares by itself is told by the trail alone
    {
      enabled: isAsked || (told !== undefined && told.actor !== "cli"),
      retry: false,
      refetchInterval: ({ state }) => (state.data?.state === "running" ? 1000 : false),
    },
  );
  const found = query.data ?? (told && { ...told, state: "done", ended_at: told.at, message: null, result: null });
  const isRunning = found?.state === "running";
  const start = act(async () => {
    await call.POST("/v2/snapshots/{snapshot}/verify", { params, body: { sample: 20 } });
    setAsked(true);
    await cache.invalidateQueries({ queryKey: ["get", "/v2/snapshots/{snapshot}/verification"] });
  });
  return (
    <Section
      title={t("snapshots.verify")}
      about={t("snapshots.verify.about")}
      actions={
        may && (
          <Button size="sm" isBusy={isRunning} onClick={start}>
            {t("snapshots.verify.do")}
          </Button>
        )
      }
    >
      <div aria-live="polite" className="grid gap-2 text-sm">
        {isRunning && <Progress share={null} label={t("snapshots.verify.running")} />}
        {compared && !found && !isAsked && (
          <p className="text-muted">{t(compared.isWhole ? "snapshots.verify.never" : "snapshots.verify.lately")}</p>
        )}
        {found && !isRunning && <Verdict found={found} />}
      </div>
    </Section>
  );
}

type Found = Pick<Shape["VerificationShown"], "state" | "good" | "sampled" | "ended_at" | "message" | "result">;

function Verdict({ found }: { found: Found }) {
  const t = useT();
  return (
    <>
      <p className="flex flex-wrap items-center gap-2">
        <Badge tone={found.good ? "good" : "bad"}>
          {found.state === "failed" ? t("snapshots.verify.failed") : found.good ? t("snapshots.verify.good") : t("snapshots.verify.bad")}
        </Badge>
        <span className="text-muted">
          {t("snapshots.verify.sampled", { count: found.sampled })} {found.ended_at && <Moment at={found.ended_at} />}
        </span>
      </p>
      {found.message && (
        <p className="text-bad">
          <ServerWords>{found.message}</ServerWords>
        </p>
      )}
      {found.result && (
        <ul className="grid gap-1 text-[13px]">
          {found.result.streams.map((stream) => (
            <li key={stream.stream} className="flex flex-wrap justify-between gap-x-3">
              <span>{stream.stream}</span>
              <span className="text-muted tabular-nums">
                {stream.askable === false
                  ? t("snapshots.verify.unaskable")
                  : t("snapshots.verify.line", {
                      same: count(stream.same ?? 0),
                      changed: count(stream.changed_since ?? 0),
                      gone: count(stream.gone_since ?? 0),
                      wrong: count(stream.differences?.length ?? 0),
                    })}
              </span>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
