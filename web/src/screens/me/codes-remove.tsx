"use client";

import { type FormEvent, useState } from "react";
import { useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { asProblem } from "@/lib/problem";
import { saidOf } from "@/screens/entry/said";
import { factorOf } from "@/screens/shell/factor-of";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import { tell } from "@/ui/toast";

/** Takes the one-time codes away, with one of them or a recovery code. */
export default function CodesRemove({ onClose, onDone }: { onClose: () => void; onDone: () => void }) {
  const t = useT();
  const api = useApi();
  const [code, setCode] = useState("");
  const [wrong, setWrong] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const remove = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      await api.call.POST("/v2/auth/mfa/disable", { body: factorOf(code) });
      void tell(t("me.codes.removed"));
      onDone();
    } catch (error) {
      setWrong(saidOf(asProblem(error)));
      setBusy(false);
    }
  };
  return (
    <Dialog isOpen onClose={onClose} title={t("me.codes.remove")} about={t("me.codes.remove.about")}>
      <form className="grid gap-4" onSubmit={(event) => void remove(event)}>
        <TextField
          autoFocus
          required
          label={t("shell.stepup.code")}
          autoComplete="one-time-code"
          value={code}
          onChange={(event) => setCode(event.target.value)}
          error={wrong}
        />
        <Button kind="danger" type="submit" isBusy={isBusy}>
          {t("me.codes.remove")}
        </Button>
      </form>
    </Dialog>
  );
}
