"use client";

import { useState } from "react";
import { personCall } from "@/lib/call";
import { useT } from "@/lib/i18n";
import { useToken } from "@/screens/entry/coming-in";
import { EntryPage, Refusal, Told } from "@/screens/entry/entry-page";
import { NewPassword } from "@/screens/entry/new-password";
import { NoToken } from "@/screens/entry/no-token";
import { linkProblem, weakness } from "@/screens/entry/said";
import { ToSignIn } from "@/screens/entry/to-sign-in";
import { useAct } from "@/ui/act";
import { Button, ButtonLink } from "@/ui/button";

/** The link of a letter was followed: another password. It ends every session; second factors stay. */
export default function ResetPassword() {
  const t = useT();
  const token = useToken();
  const [password, setPassword] = useState("");
  const [isDone, setDone] = useState(false);
  const { submit, problem, isBusy } = useAct();
  const again = <ButtonLink href="/forgot-password">{t("entry.reset.again")}</ButtonLink>;
  if (token === null) return <NoToken title={t("entry.reset.title")} action={again} />;
  const reset = submit(async () => {
    await personCall.POST("/v2/auth/password/reset", { body: { token: token ?? "", password } });
    setDone(true);
  });
  if (isDone)
    return (
      <EntryPage title={t("entry.reset.done.title")}>
        <Told>
          <p>{t("entry.reset.done.text")}</p>
        </Told>
        <ButtonLink kind="primary" href="/sign-in">
          {t("entry.signin.go")}
        </ButtonLink>
      </EntryPage>
    );
  const weak = weakness(problem);
  return (
    <EntryPage title={t("entry.reset.title")} about={t("entry.reset.about")} foot={<ToSignIn />}>
      <form className="grid gap-4" onSubmit={reset}>
        <NewPassword value={password} onChange={setPassword} error={weak} />
        <Refusal problem={weak ? null : linkProblem(problem)} action={problem?.code === "link_over" ? again : undefined} />
        <Button kind="primary" type="submit" isBusy={isBusy}>
          {t("entry.reset.go")}
        </Button>
      </form>
    </EntryPage>
  );
}
