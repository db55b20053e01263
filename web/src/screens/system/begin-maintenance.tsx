"use client";

import { type FormEvent, useState } from "react";
import { useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { asProblem, type Problem } from "@/lib/problem";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import { tell } from "@/ui/toast";

/** The question before everything is held. */
export default function BeginMaintenance({ onClose }: { onClose: () => void }) {
  const t = useT();
  const api = useApi();
  const [reason, setReason] = useState("");
  const [wrong, setWrong] = useState<Problem | null>(null);
  const [isBusy, setBusy] = useState(false);
  const begin = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setWrong(null);
    try {
      await api.call.PUT("/v2/system/maintenance", { body: { on: true, reason: reason.trim() } });
      await api.cache.invalidateQueries();
      void tell(t("system.maintenance.begun"));
      onClose();
    } catch (error) {
      if (asProblem(error).code !== "step_up_required") setWrong(asProblem(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={t("system.maintenance.title")}
      about={t("system.maintenance.about")}
      actions={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button kind="danger" type="submit" form="maintenance" isBusy={isBusy}>
            {t("system.maintenance.begin")}
          </Button>
        </>
      }
    >
      <form id="maintenance" onSubmit={(event) => void begin(event)}>
        <TextField
          autoFocus
          required
          maxLength={300}
          autoComplete="off"
          label={t("system.maintenance.reason")}
          hint={t("system.maintenance.reason.hint")}
          value={reason}
          onChange={(event) => setReason(event.target.value)}
          error={wrong ? (wrong.of("/reason") ?? `${wrong.message || wrong.title} ${wrong.hint ?? ""}`) : null}
        />
      </form>
    </Dialog>
  );
}
