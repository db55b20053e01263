"use client";

import { useState } from "react";
import { personCall } from "@/lib/call";
import { useT } from "@/lib/i18n";
import { useWelcome } from "@/screens/entry/coming-in";
import { EntryPage, Refusal, Told } from "@/screens/entry/entry-page";
import { ToSignIn } from "@/screens/entry/to-sign-in";
import { useAct } from "@/ui/act";
import { Button } from "@/ui/button";
import { TextField } from "@/ui/field";

/** An account of one's own, where this installation lets everybody have one. The password is chosen when the letter's link is followed: what is
 * typed before the address was shown to be one's own counts for nothing. */
export default function SignUp() {
  const t = useT();
  const welcome = useWelcome();
  const [sentTo, setSentTo] = useState<string | null>(null);
  if (sentTo) return <LetterSent email={sentTo} onBack={() => setSentTo(null)} />;
  if (welcome?.registration === "invited")
    return (
      <EntryPage title={t("entry.signup.closed.title")} foot={<ToSignIn />}>
        <p className="text-sm">{t("entry.signup.closed.text")}</p>
      </EntryPage>
    );
  return (
    <EntryPage title={t("entry.signup.title")} about={t("entry.signup.about")} foot={<ToSignIn />}>
      <SignUpForm onSent={setSentTo} />
    </EntryPage>
  );
}

function SignUpForm({ onSent }: { onSent: (email: string) => void }) {
  const t = useT();
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [account, setAccount] = useState("");
  const { submit, problem, isBusy } = useAct();
  const register = submit(async () => {
    await personCall.POST("/v2/auth/register", { body: { name, email, account_name: account, password: placeholder() } });
    onSent(email);
  });
  return (
    <form className="grid gap-4" onSubmit={register}>
      <TextField
        label={t("entry.name")}
        required
        maxLength={100}
        autoComplete="name"
        value={name}
        onChange={(event) => setName(event.target.value)}
        error={problem?.of("/name")}
      />
      <TextField
        label={t("entry.email")}
        type="email"
        required
        autoComplete="email"
        value={email}
        onChange={(event) => setEmail(event.target.value)}
        error={problem?.of("/email")}
      />
      <TextField
        label={t("entry.account")}
        hint={t("entry.account.hint")}
        required
        maxLength={100}
        autoComplete="organization"
        value={account}
        onChange={(event) => setAccount(event.target.value)}
        error={problem?.of("/account_name")}
      />
      <Refusal problem={problem && problem.fields.length === 0 ? problem : null} />
      <Button kind="primary" type="submit" isBusy={isBusy}>
        {t("entry.signup.go")}
      </Button>
    </form>
  );
}

function LetterSent({ email, onBack }: { email: string; onBack: () => void }) {
  const t = useT();
  const [isSentAgain, setSentAgain] = useState(false);
  const { submit, problem, isBusy } = useAct();
  const again = submit(async () => {
    await personCall.POST("/v2/auth/verify/resend", { body: { email } });
    setSentAgain(true);
  });
  return (
    <EntryPage title={t("entry.sent.title")} foot={<ToSignIn />}>
      <Told>
        <p>{t("entry.sent.text", { email })}</p>
        <p className="text-muted">{isSentAgain ? t("entry.sent.again") : t("entry.sent.wait")}</p>
      </Told>
      <Refusal problem={problem} />
      <div className="flex flex-wrap gap-2">
        <Button isBusy={isBusy} onClick={() => void again()}>
          {t("entry.sendagain")}
        </Button>
        <Button kind="quiet" onClick={onBack}>
          {t("entry.sent.other")}
        </Button>
      </div>
    </EntryPage>
  );
}

/** The API wants a password with the form and drops it when the address is confirmed: one that nobody knows. */
const placeholder = () => btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(30))));
