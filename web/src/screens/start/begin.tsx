"use client";

import { useEffect, useState } from "react";
import { type Api, useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { useHere } from "@/lib/session";
import { useGo } from "@/platform/router";
import { Card } from "@/ui/card";
import { Progress } from "@/ui/progress";
import { Failure } from "@/ui/states";

// a page that is shown twice (loaded anew, gone back to) must not begin twice
const begun = new Map<string, Promise<string>>();

/** Connected: the source, its schedule and the first run are made without asking. */
export default function Begin({ connection, streams }: { connection: string; streams: string[] | null }) {
  const t = useT();
  const api = useApi();
  const here = useHere();
  const go = useGo();
  const [error, setError] = useState<unknown>(null);
  const [tries, setTries] = useState(0);
  const mayPlan = here.may("jobs:manage");
  // biome-ignore lint/correctness/useExhaustiveDependencies: `tries` is another try
  useEffect(() => {
    let isGone = false;
    const known = begun.get(connection) ?? begin(api, { connection, streams, mayPlan });
    begun.set(connection, known);
    known.then(
      (run) => !isGone && go.instead(here.path(`/start?run=${run}`)),
      (wrong) => {
        begun.delete(connection);
        if (!isGone) setError(wrong);
      },
    );
    return () => {
      isGone = true;
    };
  }, [api, connection, tries]);
  if (error)
    return (
      <Failure
        error={error}
        onRetry={() => {
          setError(null);
          setTries(tries + 1);
        }}
      />
    );
  return (
    <Card className="grid gap-3 p-5">
      <p role="status" className="text-sm font-medium">
        {t("start.begin")}
      </p>
      <Progress share={null} label={t("start.begin")} />
    </Card>
  );
}

type Wanted = { connection: string; streams: string[] | null; mayPlan: boolean };

/** Gives the run's id. What a first try made is used again. */
async function begin({ call, cache }: Api, { connection, streams, mayPlan }: Wanted): Promise<string> {
  const source = (await known(call, connection)) ?? (await make(call, { connection, streams, mayPlan }));
  const active = (await call.GET("/v2/runs", { params: { query: { source, limit: 1 } } })).data?.items[0];
  const run = active ?? (await call.POST("/v2/sources/{source}/sync", { params: { path: { source } }, body: {} })).data;
  if (!run) throw new TypeError("no run");
  void cache.invalidateQueries();
  return run.id;
}

async function known(call: Api["call"], connection: string) {
  const { data } = await call.GET("/v2/sources", { params: { query: { connection, limit: 1 } } });
  return data?.items[0]?.id;
}

async function make(call: Api["call"], { connection, streams, mayPlan }: Wanted): Promise<string> {
  const of = (await call.GET("/v2/connections/{connection}", { params: { path: { connection } } })).data;
  const made = (await call.POST("/v2/sources", { body: { connection, name: of?.name ?? connection, streams } })).data;
  if (!made) throw new TypeError("no source");
  const timetable = { every: "PT360M", time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone };
  if (mayPlan) await call.POST("/v2/jobs", { body: { source: made.id, timetable } });
  return made.id;
}
