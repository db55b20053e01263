"use client";

import { useState } from "react";
import { personCall } from "@/lib/call";
import { useT } from "@/lib/i18n";
import { beginWith, useWelcome } from "@/screens/entry/coming-in";
import { EntryPage, Refusal, Told } from "@/screens/entry/entry-page";
import { NewPassword } from "@/screens/entry/new-password";
import { weakness } from "@/screens/entry/said";
import { ToSignIn } from "@/screens/entry/to-sign-in";
import { useAct } from "@/ui/act";
import { Button, ButtonLink } from "@/ui/button";
import { TextField } from "@/ui/field";

/** The first person of a new installation becomes its owner, with the code that stands where the server was started. */
export default function SetUp() {
  const t = useT();
  const welcome = useWelcome();
  if (welcome && !welcome.needs_setup)
    return (
      <EntryPage title={t("entry.setup.owned.title")}>
        <Told>
          <p>{t("entry.setup.owned.text")}</p>
        </Told>
        <ButtonLink kind="primary" href="/sign-in">
          {t("entry.signin.go")}
        </ButtonLink>
      </EntryPage>
    );
  return (
    <EntryPage title={t("entry.setup.title")} about={t("entry.setup.about")} foot={welcome ? undefined : <ToSignIn />}>
      <SetUpForm />
    </EntryPage>
  );
}

function SetUpForm() {
  const t = useT();
  const [said, setSaid] = useState({ code: "", name: "", email: "", password: "" });
  const { submit, problem, isBusy } = useAct();
  const set = (field: keyof typeof said) => (value: string) => setSaid((before) => ({ ...before, [field]: value }));
  const make = submit(async () => {
    await personCall.POST("/v2/auth/setup", { body: said });
    await beginWith(said.email, said.password);
  });
  const weak = weakness(problem);
  const isCode = problem?.code === "sign_in_refused";
  return (
    <form className="grid gap-4" onSubmit={make}>
      <TextField
        label={t("entry.setup.code")}
        hint={t("entry.setup.code.hint")}
        required
        autoComplete="off"
        autoCapitalize="characters"
        spellCheck={false}
        placeholder="ABCD-EFGH-…"
        className="font-mono"
        value={said.code}
        onChange={(event) => set("code")(event.target.value)}
        error={isCode ? t("entry.setup.code.wrong") : null}
      />
      <TextField
        label={t("entry.name")}
        required
        maxLength={100}
        autoComplete="name"
        value={said.name}
        onChange={(event) => set("name")(event.target.value)}
        error={problem?.of("/name")}
      />
      <TextField
        label={t("entry.email")}
        type="email"
        required
        autoComplete="username"
        value={said.email}
        onChange={(event) => set("email")(event.target.value)}
        error={problem?.of("/email")}
      />
      <NewPassword value={said.password} onChange={set("password")} error={weak} />
      <Refusal problem={weak || isCode ? null : problem} />
      <Button kind="primary" type="submit" isBusy={isBusy}>
        {t("entry.setup.go")}
      </Button>
    </form>
  );
}
