"use client";

import { Fingerprint } from "lucide-react";
import { type FormEvent, useState } from "react";
import { personCall, setCsrf } from "@/lib/call";
import { useT } from "@/lib/i18n";
import { askPasskey, hasPasskeys, isClosed } from "@/lib/passkey";
import { asProblem } from "@/lib/problem";
import type { components } from "@/lib/schema";
import { useSession } from "@/lib/session";
import { saidOf } from "@/screens/entry/said";
import { factorOf } from "@/screens/shell/factor-of";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import "@/messages/en/entry";
import "@/messages/en/shell";

type Proof = components["schemas"]["ProofIn"];

/** The question itself: a code or a passkey of those who have a second factor, the password of the others. */
export default function StepUpQuestion({ onProved, onClose }: { onProved: () => void; onClose: () => void }) {
  const t = useT();
  const { me } = useSession();
  const [said, setSaid] = useState("");
  const [wrong, setWrong] = useState<string | null>(null);
  const [busy, setBusy] = useState<"typed" | "passkey" | null>(null);
  const prove = async (by: "typed" | "passkey", proof: () => Proof | Promise<Proof>) => {
    setBusy(by);
    setWrong(null);
    try {
      const { data } = await personCall.POST("/v2/auth/step-up", { body: await proof() });
      if (data?.csrf_token) setCsrf(data.csrf_token);
      onProved();
    } catch (error) {
      if (!isClosed(error)) setWrong(saidOf(asProblem(error)));
    } finally {
      setBusy(null);
    }
  };
  const typed = (event: FormEvent) => {
    event.preventDefault();
    void prove("typed", () => (me.has_mfa ? factorOf(said) : { factor: "password", password: said }));
  };
  const passkey = () =>
    prove("passkey", async () => {
      const { data } = await personCall.POST("/v2/auth/passkeys/options");
      return { factor: "passkey", credential: await askPasskey(data?.public_key ?? {}) };
    });
  return (
    <Dialog isOpen onClose={onClose} title={t("shell.stepup.title")} about={t("shell.stepup.about")}>
      <form onSubmit={typed} className="grid gap-4">
        {!me.has_mfa && <input type="email" name="email" autoComplete="username" value={me.email} readOnly hidden />}
        <TextField
          autoFocus
          required
          label={t(me.has_mfa ? "shell.stepup.code" : "shell.stepup.password")}
          type={me.has_mfa ? "text" : "password"}
          autoComplete={me.has_mfa ? "one-time-code" : "current-password"}
          value={said}
          onChange={(event) => setSaid(event.target.value)}
          error={wrong}
        />
        <Button kind="primary" type="submit" isBusy={busy === "typed"}>
          {t("shell.stepup.go")}
        </Button>
        {me.has_mfa && hasPasskeys() && (
          <Button isBusy={busy === "passkey"} onClick={() => void passkey()}>
            {busy !== "passkey" && <Fingerprint aria-hidden />}
            {t("shell.stepup.passkey")}
          </Button>
        )}
      </form>
    </Dialog>
  );
}
