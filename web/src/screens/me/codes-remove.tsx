"use client";

import { useState } from "react";
import { useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { saidOf } from "@/screens/entry/said";
import { factorOf } from "@/screens/shell/factor-of";
import { useAct } from "@/ui/act";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import { tell } from "@/ui/toast";

/** Takes the one-time codes away, with one of them or a recovery code. */
export default function CodesRemove({ onClose, onDone }: { onClose: () => void; onDone: () => void }) {
  const t = useT();
  const api = useApi();
  const [code, setCode] = useState("");
  const { isBusy, problem, submit } = useAct();
  const remove = submit(async () => {
    await api.call.POST("/v2/auth/mfa/disable", { body: factorOf(code) });
    void tell(t("me.codes.removed"));
    onDone();
  });
  return (
    <Dialog isOpen onClose={onClose} title={t("me.codes.remove")} about={t("me.codes.remove.about")}>
      <form className="grid gap-4" onSubmit={remove}>
        <TextField
          autoFocus
          required
          label={t("shell.stepup.code")}
          autoComplete="one-time-code"
          value={code}
          onChange={(event) => setCode(event.target.value)}
          error={problem && saidOf(problem)}
        />
        <Button kind="danger" type="submit" isBusy={isBusy}>
          {t("me.codes.remove")}
        </Button>
      </form>
    </Dialog>
  );
}
