"use client";

import { useState } from "react";
import { personCall } from "@/lib/call";
import { useT } from "@/lib/i18n";
import { EntryPage, Refusal, Told } from "@/screens/entry/entry-page";
import { ToSignIn } from "@/screens/entry/to-sign-in";
import { useAct } from "@/ui/act";
import { Button } from "@/ui/button";
import { TextField } from "@/ui/field";

/** Asks for a link; the answer is the same whether the address is known. */
export default function ForgotPassword() {
  const t = useT();
  const [email, setEmail] = useState("");
  const [isSent, setSent] = useState(false);
  const { submit, problem, isBusy } = useAct();
  const ask = submit(async () => {
    await personCall.POST("/v2/auth/password/forgot", { body: { email } });
    setSent(true);
  });
  return (
    <EntryPage title={t("entry.forgot.title")} about={isSent ? undefined : t("entry.forgot.about")} foot={<ToSignIn />}>
      {isSent ? (
        <Told>
          <p>{t("entry.forgot.sent", { email })}</p>
          <p className="text-muted">{t("entry.forgot.wait")}</p>
        </Told>
      ) : (
        <form className="grid gap-4" onSubmit={ask}>
          <TextField
            label={t("entry.email")}
            type="email"
            required
            autoComplete="username"
            value={email}
            onChange={(event) => setEmail(event.target.value)}
            error={problem?.of("/email")}
          />
          <Refusal problem={problem} />
          <Button kind="primary" type="submit" isBusy={isBusy}>
            {t("entry.forgot.go")}
          </Button>
        </form>
      )}
    </EntryPage>
  );
}
