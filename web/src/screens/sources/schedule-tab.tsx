"use client";

import { CalendarClock } from "lucide-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { type Shape, useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { nextRuns } from "@/lib/schedule";
import { useHere } from "@/lib/session";
import type { Standing } from "@/screens/sources/standing";
import { planWords, quietWords } from "@/screens/sources/words";
import { useAct } from "@/ui/act";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Card, Section } from "@/ui/card";
import { Empty } from "@/ui/states";
import { Ago, Moment } from "@/ui/time";
import { tell } from "@/ui/toast";
import "@/messages/en/sources";

const TimetableDialog = dynamic(() => import("@/screens/sources/timetable-dialog"), { ssr: false });
type Job = Shape["Job"];

/** When a source is backed up by itself: its jobs, in plain words, with the next runs. */
export default function ScheduleTab({ standing }: { standing: Standing }) {
  const t = useT();
  const here = useHere();
  const [open, setOpen] = useState<Job | "new" | null>(null);
  const { jobs, source } = standing;
  const add = here.may("jobs:manage") && (
    <Button kind={jobs.length === 0 ? "primary" : "plain"} onClick={() => setOpen("new")}>
      {jobs.length === 0 ? t("sources.schedule.add") : t("sources.schedule.another")}
    </Button>
  );
  return (
    <div className="grid gap-4">
      {jobs.length === 0 ? (
        <Card>
          <Empty icon={<CalendarClock aria-hidden />} title={t("sources.schedule.none.title")} action={add}>
            {t("sources.schedule.none.text")}
          </Empty>
        </Card>
      ) : (
        <>
          {jobs.map((job) => (
            <OneJob key={job.id} job={job} onEdit={() => setOpen(job)} />
          ))}
          <div>{add}</div>
        </>
      )}
      {open && <TimetableDialog source={source} job={open === "new" ? null : open} onClose={() => setOpen(null)} />}
    </div>
  );
}

function OneJob({ job, onEdit }: { job: Job; onEdit: () => void }) {
  const t = useT();
  return (
    <Section
      title={planWords(job.timetable)}
      about={(job.timetable?.quiet ?? []).map((window) => quietWords(window)).join(" · ") || undefined}
      actions={<Acts job={job} onEdit={onEdit} />}
    >
      <div className="grid gap-3 text-sm">
        {job.paused ? (
          <p>
            <Badge tone="warn">{t("sources.paused")}</Badge> <span className="ml-1">{t("sources.schedule.paused")}</span>
          </p>
        ) : (
          job.timetable && <Next job={job} />
        )}
        <p className="text-[13px] text-muted">{t("sources.schedule.retry", { count: job.retry?.attempts ?? 2 })}</p>
      </div>
    </Section>
  );
}

function Next({ job }: { job: Job }) {
  const t = useT();
  if (!job.timetable) return null;
  const first = job.due_at ? new Date(job.due_at).getTime() : null;
  const later = nextRuns(job.timetable, first ?? Date.now(), first === null ? 5 : 4);
  const all = first === null ? later : [first, ...later];
  return (
    <div>
      <p className="mb-1 text-[13px] text-muted">{t("sources.schedule.next")}</p>
      <ol className="grid gap-0.5 tabular-nums">
        {all.map((at, place) => (
          <li key={at}>
            <Moment at={new Date(at).toISOString()} />
            {place === 0 && (
              <span className="text-muted">
                {" · "}
                <Ago at={new Date(at).toISOString()} />
              </span>
            )}
          </li>
        ))}
      </ol>
    </div>
  );
}

function Acts({ job, onEdit }: { job: Job; onEdit: () => void }) {
  const t = useT();
  const api = useApi();
  const here = useHere();
  const { act } = useAct();
  if (!here.may("jobs:manage")) return null;
  const params = { path: { job: job.id } };
  const fresh = () => api.cache.invalidateQueries({ queryKey: ["get", "/v2/jobs"] });
  const turn = async (paused: boolean) => {
    await api.call.POST(paused ? "/v2/jobs/{job}/pause" : "/v2/jobs/{job}/resume", { params });
    await fresh();
  };
  const change = act(async (what: () => Promise<void>, said: string, undo: () => Promise<void>) => {
    await what();
    void tell(said, undo);
  });
  const forget = async () => {
    await api.call.DELETE("/v2/jobs/{job}", { params });
    await fresh();
  };
  const again = async () => {
    const { name, source, timetable, retention, retry } = job;
    await api.call.POST("/v2/jobs", { body: { name, source, timetable, retention, retry } });
    await fresh();
  };
  return (
    <>
      {job.timetable && (
        <Button
          size="sm"
          onClick={() =>
            void change(
              () => turn(!job.paused),
              t(job.paused ? "sources.schedule.resume.done" : "sources.schedule.pause.done", { name: job.name }),
              () => turn(Boolean(job.paused)),
            )
          }
        >
          {job.paused ? t("sources.schedule.resume") : t("sources.schedule.pause")}
        </Button>
      )}
      <Button size="sm" onClick={onEdit}>
        {t("sources.schedule.edit")}
      </Button>
      <Button size="sm" kind="quiet" onClick={() => void change(forget, t("sources.schedule.deleted"), again)}>
        {t("sources.schedule.delete")}
      </Button>
    </>
  );
}
