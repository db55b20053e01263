"use client";

import { useState } from "react";
import { personCall } from "@/lib/call";
import { useT } from "@/lib/i18n";
import type { components } from "@/lib/schema";
import { goOn } from "@/screens/entry/coming-in";
import { EntryPage, Refusal } from "@/screens/entry/entry-page";
import { PasskeySignIn } from "@/screens/entry/passkey-sign-in";
import { useAct } from "@/ui/act";
import { Button } from "@/ui/button";
import { TextField } from "@/ui/field";

type Step = NonNullable<components["schemas"]["LoginOut"]["second_step"]>;

/** The password was right: now a one-time code, a recovery code, or a passkey. */
export function SecondStep({ step, onBack }: { step: Step; onBack: () => void }) {
  const t = useT();
  const hasCodes = step.factors.includes("totp");
  const hasRecovery = step.factors.includes("recovery_code");
  const [isRecovery, setRecovery] = useState(!hasCodes);
  const [code, setCode] = useState("");
  const { submit, problem, isBusy, setProblem } = useAct();
  const enter = submit(async () => {
    const factor = isRecovery ? ("recovery_code" as const) : ("totp" as const);
    const body = { ticket: step.ticket, factor, code: code.replace(/\s/g, ""), kind: "browser" as const };
    const { data } = await personCall.POST("/v2/auth/login/second-step", { body });
    goOn(data?.csrf_token);
  });
  const other = () => {
    setRecovery(!isRecovery);
    setCode("");
    setProblem(null);
  };
  return (
    <EntryPage
      title={t("entry.step.title")}
      about={hasCodes || hasRecovery ? t(isRecovery ? "entry.step.recovery.about" : "entry.step.about") : t("entry.step.passkey.about")}
      foot={
        <Button size="sm" kind="quiet" onClick={onBack}>
          {t("entry.step.back")}
        </Button>
      }
    >
      <div className="grid gap-4">
        {(hasCodes || hasRecovery) && (
          <form className="grid gap-4" onSubmit={enter}>
            <TextField
              key={String(isRecovery)}
              autoFocus
              required
              label={t(isRecovery ? "entry.step.recovery" : "entry.step.code")}
              inputMode={isRecovery ? "text" : "numeric"}
              autoComplete={isRecovery ? "off" : "one-time-code"}
              value={code}
              onChange={(event) => setCode(event.target.value)}
            />
            <Refusal problem={problem} />
            <Button kind="primary" type="submit" isBusy={isBusy}>
              {t("entry.step.go")}
            </Button>
          </form>
        )}
        {step.factors.includes("passkey") && <PasskeySignIn onFailure={setProblem} isAsked />}
        {hasCodes && hasRecovery && (
          <Button kind="quiet" onClick={other}>
            {t(isRecovery ? "entry.step.usecode" : "entry.step.userecovery")}
          </Button>
        )}
      </div>
    </EntryPage>
  );
}
