"use client";

import { useState } from "react";
import { useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { useAct } from "@/ui/act";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import { tell } from "@/ui/toast";

/** The question before everything is held. */
export default function BeginMaintenance({ onClose }: { onClose: () => void }) {
  const t = useT();
  const api = useApi();
  const [reason, setReason] = useState("");
  const { isBusy, problem: wrong, submit } = useAct();
  const begin = submit(async () => {
    await api.call.PUT("/v2/system/maintenance", { body: { on: true, reason: reason.trim() } });
    await api.cache.invalidateQueries();
    void tell(t("system.maintenance.begun"));
    onClose();
  });
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
      <form id="maintenance" onSubmit={begin}>
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
