"use client";

import { useState } from "react";
import { personCall, setCsrf } from "@/lib/call";
import { useT } from "@/lib/i18n";
import { EntryPage, Refusal } from "@/screens/entry/entry-page";
import { useJoin } from "@/screens/entry/joining";
import { NewPassword } from "@/screens/entry/new-password";
import { linkProblem, weakness } from "@/screens/entry/said";
import { useAct } from "@/ui/act";
import { Button } from "@/ui/button";
import { TextField } from "@/ui/field";

/** Registers with the address that the invitation was sent to (its letter proved it), signs in and joins, in one step. */
export function JoinAnew({ token, onBack }: { token: string; onBack: () => void }) {
  const t = useT();
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const { submit, problem, isBusy } = useAct();
  const join = useJoin();
  const register = submit(async () => {
    await personCall.POST("/v2/auth/register", { body: { name, email, password, invitation: token } });
    const { data } = await personCall.POST("/v2/auth/login", { body: { email, password, kind: "browser" } });
    setCsrf(data?.csrf_token ?? null);
    await join(token);
  });
  const weak = weakness(problem);
  return (
    <EntryPage
      title={t("entry.invited.new")}
      about={t("entry.invited.new.about")}
      foot={
        <Button size="sm" kind="quiet" onClick={onBack}>
          {t("entry.step.back")}
        </Button>
      }
    >
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
          hint={t("entry.invited.email.hint")}
          type="email"
          required
          autoComplete="username"
          value={email}
          onChange={(event) => setEmail(event.target.value)}
          error={problem?.of("/email")}
        />
        <NewPassword value={password} onChange={setPassword} error={weak} />
        <Refusal problem={weak ? null : linkProblem(problem)} />
        <Button kind="primary" type="submit" isBusy={isBusy}>
          {t("entry.invited.join")}
        </Button>
      </form>
    </EntryPage>
  );
}
