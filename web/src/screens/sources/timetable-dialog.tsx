"use client";

import { useState } from "react";
import { type Shape, useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { draftOf, timetableOf } from "@/screens/sources/timetable-draft";
import { TimetableForm } from "@/screens/sources/timetable-form";
import { useAct } from "@/ui/act";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Refused } from "@/ui/refused";
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
  const { isBusy, problem, submit } = useAct();
  const timetable = timetableOf(draft);
  const save = submit(async () => {
    if (!timetable) return;
    if (job) await api.call.PATCH("/v2/jobs/{job}", { params: { path: { job: job.id } }, body: { timetable } });
    else await api.call.POST("/v2/jobs", { body: { source: source.id, timetable } });
    await api.cache.invalidateQueries({ queryKey: ["get", "/v2/jobs"] });
    void tell(t("sources.schedule.saved"));
    onClose();
  });
  return (
    <Dialog isOpen onClose={onClose} title={t("sources.timetable.title")} about={source.name}>
      <form className="grid gap-4" onSubmit={save}>
        <TimetableForm draft={draft} onDraft={setDraft} />
        <Refused problem={problem} />
        <Button kind="primary" type="submit" isBusy={isBusy} disabled={!timetable} className="justify-self-start">
          {t("common.save")}
        </Button>
      </form>
    </Dialog>
  );
}
