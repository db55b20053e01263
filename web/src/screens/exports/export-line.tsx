"use client";

import { Download, Trash2 } from "lucide-react";
import { useState } from "react";
import { type Shape, useApi } from "@/lib/api";
import { bytes, count, moment } from "@/lib/format";
import { type Key, useT } from "@/lib/i18n";
import { useSnapshots } from "@/screens/snapshots/moments";
import { useAct } from "@/ui/act";
import { Badge, type Tone } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Progress } from "@/ui/progress";
import { ServerWords } from "@/ui/server-words";
import { Ago } from "@/ui/time";
import { tell } from "@/ui/toast";

type Export = Shape["ExportShown"];
const STATES: Record<Shape["ExportState"], [Key, Tone]> = {
  queued: ["exports.state.queued", "plain"],
  running: ["exports.state.running", "accent"],
  done: ["exports.state.done", "good"],
  failed: ["exports.state.failed", "bad"],
  cancelled: ["exports.state.cancelled", "plain"],
  expired: ["exports.state.expired", "plain"],
};
export const isGoing = (one: Export) => one.state === "queued" || one.state === "running";

/** One export: how far it is, its files, its download, its end. */
export function ExportLine({ one, name }: { one: Export; name: string }) {
  const t = useT();
  const snapshot = useSnapshots(one.source).data?.find((snapshot) => snapshot.id === one.snapshot);
  return (
    <li className="grid gap-2 px-4 py-3">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <div className="min-w-0 flex-1 basis-64">
          <p className="flex flex-wrap items-center gap-2 text-sm font-medium">
            {name} <span className="font-normal text-muted">{snapshot && moment(snapshot.at)}</span>
            <Badge tone={STATES[one.state][1]} isLive={isGoing(one)}>
              {t(STATES[one.state][0])}
            </Badge>
          </p>
          <p className="text-[13px] text-muted">
            {one.format.toUpperCase()} · {one.streams ? one.streams.join(", ") : t("exports.all")} ·{" "}
            {t("exports.records", { count: one.records })}
            {one.size_bytes > 0 && ` · ${bytes(one.size_bytes)}`} · <Ago at={one.created_at} />
            {one.state === "done" && one.expires_at && ` · ${t("exports.until", { moment: moment(one.expires_at) })}`}
          </p>
        </div>
        <Acts one={one} name={name} />
      </div>
      {isGoing(one) && (
        <div role="status" className="grid gap-1">
          <Progress share={one.records_total > 0 ? one.records / one.records_total : null} label={t("exports.progress")} />
          <p className="text-[13px] text-muted tabular-nums">
            {count(one.records)} / {count(one.records_total)}
          </p>
        </div>
      )}
      {one.message && (
        <p className="text-[13px] text-bad">
          <ServerWords>{one.message}</ServerWords>
        </p>
      )}
      {one.state === "done" && one.files.length > 0 && <FilesOf one={one} />}
    </li>
  );
}

function useFetchIt(one: Export) {
  const { call } = useApi();
  const { act } = useAct();
  return act(async (file: string | null) => {
    const { data } = await call.POST("/v2/exports/{export}/download-url", { params: { path: { export: one.id } }, body: { file } });
    if (data) window.location.assign(data.url); // a ticket that opens once; the answer is a file, so the page stays
  });
}

function Acts({ one, name }: { one: Export; name: string }) {
  const t = useT();
  const { call, cache } = useApi();
  const { act } = useAct();
  const fetchIt = useFetchIt(one);
  const [isAsking, setAsking] = useState(false);
  const params = { path: { export: one.id } };
  const fresh = () => cache.invalidateQueries({ queryKey: ["get", "/v2/exports"] });
  const change = act(async (work: () => Promise<unknown>, said: Key) => {
    await work();
    setAsking(false);
    await fresh();
    void tell(t(said));
  });
  return (
    <div className="flex gap-2">
      {one.state === "done" && (
        <Button size="sm" onClick={() => void fetchIt(null)}>
          <Download aria-hidden />
          {t("exports.download")}
        </Button>
      )}
      {isGoing(one) ? (
        <Button size="sm" onClick={() => void change(() => call.POST("/v2/exports/{export}/cancel", { params }), "exports.cancelled")}>
          {t("exports.cancel")}
        </Button>
      ) : (
        <Button size="icon-sm" kind="quiet" aria-label={t("exports.delete.of", { name })} onClick={() => setAsking(true)}>
          <Trash2 aria-hidden />
        </Button>
      )}
      <Dialog
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        title={t("exports.delete.title")}
        about={t("exports.delete.about")}
        actions={
          <Button kind="danger" onClick={() => void change(() => call.DELETE("/v2/exports/{export}", { params }), "exports.deleted")}>
            {t("exports.delete")}
          </Button>
        }
      >
        <p className="text-sm">
          {name} · {one.format.toUpperCase()} · {bytes(one.size_bytes)}
        </p>
      </Dialog>
    </div>
  );
}

function FilesOf({ one }: { one: Export }) {
  const t = useT();
  const fetchIt = useFetchIt(one);
  return (
    <details className="text-[13px]">
      <summary className="min-h-6.5 cursor-pointer text-accent">{t("exports.files", { count: one.files.length })}</summary>
      <ul className="mt-1 grid gap-1">
        {one.files.map((file) => (
          <li key={file.name} className="flex flex-wrap items-center gap-x-3">
            <button type="button" className="min-h-6.5 text-accent hover:underline" onClick={() => void fetchIt(file.name)}>
              {file.name}
            </button>
            <span className="text-muted tabular-nums">
              {file.stream && `${t("exports.records", { count: file.records })} · `}
              {bytes(file.size_bytes)}
            </span>
            {file.sha256 && (
              <code className="min-w-0 truncate font-mono text-xs text-muted" title={file.sha256}>
                SHA-256 {file.sha256.slice(0, 12)}…
              </code>
            )}
            {(file.neutralised_cells ?? 0) > 0 && (
              <span className="text-muted">{t("exports.neutralised", { count: file.neutralised_cells ?? 0 })}</span>
            )}
          </li>
        ))}
      </ul>
    </details>
  );
}
