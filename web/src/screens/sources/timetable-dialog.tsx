"use client";

import { type FormEvent, useState } from "react";
import { type Shape, useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { asProblem, type Problem } from "@/lib/problem";
import { draftOf, timetableOf } from "@/screens/sources/timetable-draft";
import { TimetableForm } from "@/screens/sources/timetable-form";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { tell } from "@/ui/toast";

/** Sets or changes when a source is backed up. */
export default function TimetableDialog({
  source,
  job,
  onClose,
}: {
  source: Shape["Source"];
  job: Shape["Job"] | null;
  onClose: () => void;
}) {
  const t = useT();
  const api = useApi();
  const [draft, setDraft] = useState(() => draftOf(job?.timetable ?? null));
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBusy, setBusy] = useState(false);
  const timetable = timetableOf(draft);
  const save = async (event: FormEvent) => {
    event.preventDefault();
    if (!timetable) return;
    setBusy(true);
    try {
      if (job) await api.call.PATCH("/v2/jobs/{job}", { params: { path: { job: job.id } }, body: { timetable } });
      else await api.call.POST("/v2/jobs", { body: { source: source.id, timetable } });
      await api.cache.invalidateQueries({ queryKey: ["get", "/v2/jobs"] });
      void tell(t("sources.schedule.saved"));
      onClose();
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog isOpen onClose={onClose} title={t("sources.timetable.title")} about={source.name}>
      <form className="grid gap-4" onSubmit={(event) => void save(event)}>
        <TimetableForm draft={draft} onDraft={setDraft} />
        {problem && (
          <p role="alert" className="rounded-md bg-bad-soft px-3 py-2 text-sm text-bad">
            {problem.message}
          </p>
        )}
        <Button kind="primary" type="submit" isBusy={isBusy} disabled={!timetable} className="justify-self-start">
          {t("common.save")}
        </Button>
      </form>
    </Dialog>
  );
}
