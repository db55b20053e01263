"use client";

import { type FormEvent, useState } from "react";
import { personCall, setCsrf } from "@/lib/call";
import { useT } from "@/lib/i18n";
import { asProblem } from "@/lib/problem";
import { useSession } from "@/lib/session";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import "@/messages/en/shell";

/** The question itself: a one-time or recovery code of those who have a second factor, the password of the others. */
export default function StepUpQuestion({ onProved, onClose }: { onProved: () => void; onClose: () => void }) {
  const t = useT();
  const { me } = useSession();
  const [said, setSaid] = useState("");
  const [wrong, setWrong] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const prove = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      const body = me.has_mfa ? { factor: "totp" as const, code: said.trim() } : { factor: "password" as const, password: said };
      const { data } = await personCall.POST("/v2/auth/step-up", { body });
      if (data?.csrf_token) setCsrf(data.csrf_token);
      onProved();
    } catch (error) {
      setWrong(asProblem(error).message);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog isOpen onClose={onClose} title={t("shell.stepup.title")} about={t("shell.stepup.about")}>
      <form onSubmit={(event) => void prove(event)} className="grid gap-4">
        <TextField
          autoFocus
          required
          label={t(me.has_mfa ? "shell.stepup.code" : "shell.stepup.password")}
          type={me.has_mfa ? "text" : "password"}
          inputMode={me.has_mfa ? "numeric" : undefined}
          autoComplete={me.has_mfa ? "one-time-code" : "current-password"}
          value={said}
          onChange={(event) => setSaid(event.target.value)}
          error={wrong}
        />
        <Button kind="primary" type="submit" isBusy={isBusy}>
          {t("shell.stepup.go")}
        </Button>
      </form>
    </Dialog>
  );
}
