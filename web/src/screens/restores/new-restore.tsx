"use client";

import { useMutation } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { useApi } from "@/lib/api";
import { commandOf, curlOf } from "@/lib/commands";
import { count, moment } from "@/lib/format";
import { useT } from "@/lib/i18n";
import { useHere } from "@/lib/session";
import { useQuery, useTakenOver } from "@/platform/params";
import { useGo } from "@/platform/router";
import { type Asked, askedOf, bodyOf } from "@/screens/restores/asked";
import { ChooseStreams } from "@/screens/restores/choose-streams";
import { PlanView } from "@/screens/restores/plan-view";
import { useSnapshots, useSource } from "@/screens/snapshots/moments";
import { useAct } from "@/ui/act";
import { Button } from "@/ui/button";
import { Card, Section } from "@/ui/card";
import { CopyAs } from "@/ui/copy-as";
import { Check } from "@/ui/field";
import { Page } from "@/ui/page";
import { Progress } from "@/ui/progress";
import { SkeletonRows } from "@/ui/skeleton";
import { Empty, Failure } from "@/ui/states";
import "@/messages/en/restores";

/** From what is chosen to a plan, and from the plan to the restore. Nothing is written before the last button. */
export default function NewRestore() {
  const t = useT();
  const here = useHere();
  const query = useQuery();
  const isTakenOver = useTakenOver();
  const asked = useMemo(() => (isTakenOver ? askedOf(new URLSearchParams(query)) : null), [isTakenOver, query]);
  const trail = [{ name: t("restores.title"), href: here.path("/restores") }];
  return (
    <Page title={t("restores.new")} trail={trail} about={t("restores.new.about")}>
      {!isTakenOver ? (
        <SkeletonRows rows={8} />
      ) : asked?.snapshot ? (
        <Wizard key={query.toString()} asked={asked} />
      ) : query.get("pick") ? (
        <Empty title={t("restores.lost.title")}>{t("restores.lost.text")}</Empty>
      ) : (
        <ChooseStreams source={query.get("source")} />
      )}
    </Page>
  );
}

function Wizard({ asked }: { asked: Asked }) {
  const t = useT();
  const here = useHere();
  const go = useGo();
  const { call } = useApi();
  const [overwrite, setOverwrite] = useState(false);
  const { isBusy, act } = useAct();
  const plan = useMutation({
    mutationFn: async (isOver: boolean) => (await call.POST("/v2/restores/plan", { body: bodyOf(asked, isOver) })).data,
  });
  const chosen = Object.values(asked.keys ?? {}).reduce((sum, keys) => sum + keys.length, 0);
  const make = plan.mutate;
  // a few records are looked at at once; of whole streams every record is asked for, and that is begun by hand
  useEffect(() => {
    if (asked.set || (asked.keys && !asked.streams)) make(false);
  }, [asked, make]);
  const start = act(async () => {
    const { data } = await call.POST("/v2/restores", {
      params: { header: { "Idempotency-Key": crypto.randomUUID() } },
      body: bodyOf(asked, overwrite),
    });
    if (data) go.instead(here.path(`/restores/${data.id}`));
  });
  const writes = plan.data?.writes ?? 0;
  return (
    <div className="grid gap-4">
      <What asked={asked} chosen={chosen} overwrite={overwrite} />
      {plan.isPending ? (
        <Card className="grid gap-3 px-4 py-8 text-center text-sm" role="status">
          <p>{t("restores.planning")}</p>
          <div className="mx-auto w-full max-w-72">
            <Progress share={null} label={t("restores.planning")} />
          </div>
        </Card>
      ) : plan.isError ? (
        <Card>
          <Failure error={plan.error} onRetry={() => make(overwrite)} />
        </Card>
      ) : plan.data ? (
        <>
          <PlanView plan={plan.data} />
          <Card className="flex flex-wrap items-center justify-between gap-4 px-4 py-3">
            <div>
              {(plan.data.conflicts > 0 || overwrite) && (
                <Check
                  label={t("restores.overwrite")}
                  hint={t("restores.overwrite.about")}
                  checked={overwrite}
                  onChange={(event) => {
                    setOverwrite(event.target.checked);
                    make(event.target.checked);
                  }}
                />
              )}
              {writes === 0 && <p className="text-sm text-muted">{t("restores.nothing")}</p>}
            </div>
            <div className="flex flex-wrap gap-2">
              <Button onClick={() => make(overwrite)}>{t("restores.replan")}</Button>
              {here.may("restores:execute") ? (
                <Button kind="primary" disabled={writes === 0} isBusy={isBusy} onClick={start}>
                  {t("restores.go", { count: writes })}
                </Button>
              ) : (
                <p className="text-sm text-muted">{t("restores.denied")}</p>
              )}
            </div>
          </Card>
        </>
      ) : (
        <Card className="flex flex-wrap items-center justify-between gap-3 px-4 py-3">
          <p className="text-sm text-muted">{t("restores.plan.about")}</p>
          <Button kind="primary" onClick={() => make(overwrite)}>
            {t("restores.plan.make")}
          </Button>
        </Card>
      )}
    </div>
  );
}

/** As a command, where one says the same: it takes one stream, and no set by its fields. */
function commandFor(asked: Asked, place: string, overwrite: boolean): string | null {
  const keyed = Object.entries(asked.keys ?? {});
  const named = [...keyed, ...(asked.streams ?? []).map((stream) => [stream, []] as const)];
  if (asked.set || named.length > 1) return null;
  const [stream, keys] = named[0] ?? [];
  return commandOf(["restore", place, ...(stream ? [stream, ...(keys ?? [])] : [])], { field: asked.fields, overwrite, "dry-run": true });
}

function What({ asked, chosen, overwrite }: { asked: Asked; chosen: number; overwrite: boolean }) {
  const t = useT();
  const source = useSource(asked.source).data;
  const snapshot = useSnapshots(asked.source).data?.find((one) => one.id === asked.snapshot);
  const streams = Object.entries(asked.keys ?? {});
  return (
    <Section title={t("restores.what")}>
      <dl className="grid gap-x-6 gap-y-2 text-sm sm:grid-cols-3">
        <div>
          <dt className="text-[13px] text-muted">{t("restores.source")}</dt>
          <dd className="font-medium">{source?.name ?? "…"}</dd>
        </div>
        <div>
          <dt className="text-[13px] text-muted">{t("restores.asof")}</dt>
          <dd className="font-medium">
            {asked.set ? t("restores.asof.before", { at: moment(asked.set.began_at) }) : snapshot ? moment(snapshot.at) : "…"}
          </dd>
        </div>
        <div>
          <dt className="text-[13px] text-muted">{t("restores.scope")}</dt>
          <dd className="font-medium">
            {asked.fields && <span className="block">{t("restores.scope.fields", { fields: asked.fields.join(", ") })}</span>}
            {asked.set
              ? t("restores.scope.set", { stream: asked.set.stream, fields: asked.set.fields?.join(", ") || "–" })
              : chosen > 0
                ? streams.map(([stream, keys]) => t("restores.scope.records", { count: keys.length, stream })).join(", ")
                : asked.streams
                  ? asked.streams.join(", ")
                  : t("restores.scope.all", { count: count(snapshot?.records ?? 0) })}
          </dd>
        </div>
      </dl>
      {source && snapshot && (
        <div className="mt-3">
          <CopyAs
            command={commandFor(asked, `${source.name}@${snapshot.number}`, overwrite)}
            curl={curlOf("/v2/restores/plan", bodyOf(asked, overwrite))}
          />
        </div>
      )}
    </Section>
  );
}
