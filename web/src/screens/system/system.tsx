"use client";

import { ExternalLink, Wrench } from "lucide-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { useApi } from "@/lib/api";
import { count } from "@/lib/format";
import { type Key, useT } from "@/lib/i18n";
import { Problem } from "@/lib/problem";
import { useHere } from "@/lib/session";
import { Copies } from "@/screens/system/copies";
import { DeadLetters } from "@/screens/system/dead-letters";
import { Health } from "@/screens/system/health";
import { Housekeeping } from "@/screens/system/housekeeping";
import { MaintenanceBanner } from "@/screens/system/maintenance-banner";
import { PULSE } from "@/screens/system/pulse";
import { Queues, Workers } from "@/screens/system/workers";
import { Button, buttonLook } from "@/ui/button";
import { Figure } from "@/ui/card";
import { Page } from "@/ui/page";
import { Skeleton } from "@/ui/skeleton";
import { Failure } from "@/ui/states";
import { Ago } from "@/ui/time";
import "@/messages/en/system";

const BeginMaintenance = dynamic(() => import("@/screens/system/begin-maintenance"), { ssr: false });

/** For whoever operates the installation: whether each part works, what waits, what was given up, and whether all of it is copied. */
export default function System() {
  const here = useHere();
  if (!here.may("system:operate")) return <Failure error={new Problem({ code: "not_allowed", status: 403 })} />;
  return <Operated />;
}

function Operated() {
  const t = useT();
  const api = useApi();
  const [isAsking, setAsking] = useState(false);
  const version = api.use.useQuery("get", "/v2/system/version", {});
  const maintenance = api.use.useQuery("get", "/v2/system/maintenance", {}, PULSE);
  return (
    <Page
      title={t("system.title")}
      about={version.data ? t("system.about", { version: version.data.version }) : <Skeleton className="w-24" />}
      actions={
        <>
          <a href="/v2/system/metrics" target="_blank" rel="noreferrer" className={buttonLook({})}>
            <ExternalLink aria-hidden />
            {t("system.metrics")}
          </a>
          {maintenance.data && !maintenance.data.on && (
            <Button onClick={() => setAsking(true)}>
              <Wrench aria-hidden />
              {t("system.maintenance.begin")}
            </Button>
          )}
        </>
      }
    >
      {maintenance.data?.on && <MaintenanceBanner state={maintenance.data} />}
      <Figures />
      <div className="grid items-start gap-4 xl:grid-cols-2">
        <Health />
        <div className="grid gap-4">
          <Queues />
          <Workers />
          <DeadLetters />
        </div>
        <Copies />
        <Housekeeping />
      </div>
      {isAsking && <BeginMaintenance onClose={() => setAsking(false)} />}
    </Page>
  );
}

const STATES: Record<string, Key> = {
  ready: "system.status.ready",
  degraded: "system.status.degraded",
  not_ready: "system.status.not_ready",
  maintenance: "system.status.maintenance",
};

function Figures() {
  const t = useT();
  const { use } = useApi();
  const status = use.useQuery("get", "/v2/system/status", {}, PULSE);
  const queues = use.useQuery("get", "/v2/system/queues", {}, PULSE);
  const workers = use.useQuery("get", "/v2/system/workers", {}, PULSE);
  const copies = use.useQuery("get", "/v2/system/backups", {}, PULSE);
  const sum = (of: (one: { depth: number; dead: number }) => number) =>
    queues.data ? count(queues.data.items.reduce((all, one) => all + of(one), 0)) : "–";
  const beats = workers.data?.items;
  const word = status.data && STATES[status.data.status];
  return (
    <div className="mb-4 grid grid-cols-2 gap-3 lg:grid-cols-4">
      <Figure name={t("system.status")} value={word ? t(word) : (status.data?.status ?? "–")} />
      <Figure name={t("system.figure.waiting")} value={sum((one) => one.depth)} />
      <Figure
        name={t("system.figure.hands")}
        value={
          beats
            ? t("system.figure.hands.value", {
                busy: beats.reduce((all, one) => all + one.busy, 0),
                hands: beats.reduce((all, one) => all + one.hands, 0),
              })
            : "–"
        }
      />
      <Figure
        name={t("system.figure.copy")}
        value={copies.data ? copies.data.newest_at ? <Ago at={copies.data.newest_at} /> : t("system.figure.copy.none") : "–"}
      />
    </div>
  );
}
