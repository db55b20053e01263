"use client";

import { useEffect, useState } from "react";
import { personCall } from "@/lib/call";
import { useT } from "@/lib/i18n";
import type { components } from "@/lib/schema";
import { useTakenOver } from "@/platform/params";
import { Link, useGo } from "@/platform/router";
import { goOn, toSetUp, useWelcome } from "@/screens/entry/coming-in";
import { EntryPage, Refusal } from "@/screens/entry/entry-page";
import { PasskeySignIn } from "@/screens/entry/passkey-sign-in";
import { SecondStep } from "@/screens/entry/second-step";
import { useAct } from "@/ui/act";
import { Button } from "@/ui/button";
import { TextField } from "@/ui/field";
import { SkeletonRows } from "@/ui/skeleton";

type Step = NonNullable<components["schemas"]["LoginOut"]["second_step"]>;

/** Address and password, then a code where there is a second factor; or a passkey alone. */
export default function SignIn() {
  const t = useT();
  const go = useGo();
  const welcome = useWelcome();
  const [isLed] = useState(useTakenOver()); // by the app itself: nothing is painted yet, as there is when the page was opened
  const [step, setStep] = useState<Step | null>(null);
  useEffect(() => {
    if (welcome?.needs_setup) go.instead("/set-up");
  }, [welcome, go]);
  if (isLed && (welcome === undefined || welcome?.needs_setup)) return <SkeletonRows />;
  if (step) return <SecondStep step={step} onBack={() => setStep(null)} />;
  return (
    <EntryPage
      title={t("entry.signin.title")}
      foot={
        <>
          <Link href="/forgot-password" className="inline-flex min-h-7 items-center hover:text-ink hover:underline">
            {t("entry.signin.forgot")}
          </Link>
          {welcome?.registration === "open" && (
            <Link href="/sign-up" className="inline-flex min-h-7 items-center hover:text-ink hover:underline">
              {t("entry.signin.signup")}
            </Link>
          )}
        </>
      }
    >
      <PasswordForm onStep={setStep} />
    </EntryPage>
  );
}

function PasswordForm({ onStep }: { onStep: (step: Step) => void }) {
  const t = useT();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const { submit, problem, isBusy, setProblem } = useAct();
  const enter = submit(async () => {
    const { data } = await personCall.POST("/v2/auth/login", { body: { email, password, kind: "browser" } });
    if (data?.second_step) onStep(data.second_step);
    else goOn(data?.csrf_token, toSetUp(data?.must_set_up_mfa));
  });
  return (
    <div className="grid gap-4">
      <form className="grid gap-4" onSubmit={enter}>
        <TextField
          label={t("entry.email")}
          type="email"
          required
          autoComplete="username webauthn"
          value={email}
          onChange={(event) => setEmail(event.target.value)}
        />
        <TextField
          label={t("entry.password")}
          type="password"
          required
          autoComplete="current-password"
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
        <Refusal problem={problem} action={problem?.code === "email_not_verified" && <SendAgain email={email} />} />
        <Button kind="primary" type="submit" isBusy={isBusy}>
          {t("entry.signin.go")}
        </Button>
      </form>
      <PasskeySignIn onFailure={setProblem} />
    </div>
  );
}

function SendAgain({ email }: { email: string }) {
  const t = useT();
  const [isSent, setSent] = useState(false);
  const { submit, isBusy } = useAct();
  const send = submit(async () => {
    await personCall.POST("/v2/auth/verify/resend", { body: { email } });
    setSent(true);
  });
  if (isSent) return <p role="status">{t("entry.sent.again")}</p>;
  return (
    <div>
      <Button size="sm" isBusy={isBusy} onClick={() => void send()}>
        {t("entry.sendagain")}
      </Button>
    </div>
  );
}
