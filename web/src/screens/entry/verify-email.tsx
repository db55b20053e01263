"use client";

import { useState } from "react";
import { personCall } from "@/lib/call";
import { useT } from "@/lib/i18n";
import { beginWith, useToken } from "@/screens/entry/coming-in";
import { EntryPage, Refusal } from "@/screens/entry/entry-page";
import { NewPassword } from "@/screens/entry/new-password";
import { NoToken } from "@/screens/entry/no-token";
import { linkProblem, weakness } from "@/screens/entry/said";
import { ToSignIn } from "@/screens/entry/to-sign-in";
import { useAct } from "@/ui/act";
import { Button } from "@/ui/button";

/** The link of the first letter was followed: the password is chosen now, and one is in. */
export default function VerifyEmail() {
  const t = useT();
  const token = useToken();
  const [password, setPassword] = useState("");
  const { submit, problem, isBusy } = useAct();
  if (token === null) return <NoToken title={t("entry.verify.title")} />;
  const verify = submit(async () => {
    const { data } = await personCall.POST("/v2/auth/verify", { body: { token: token ?? "", password } });
    if (data) await beginWith(data.email, password);
  });
  const weak = weakness(problem);
  return (
    <EntryPage title={t("entry.verify.title")} about={t("entry.verify.about")} foot={<ToSignIn />}>
      <form className="grid gap-4" onSubmit={verify}>
        <NewPassword value={password} onChange={setPassword} error={weak} />
        <Refusal problem={weak ? null : linkProblem(problem)} />
        <Button kind="primary" type="submit" isBusy={isBusy}>
          {t("entry.verify.go")}
        </Button>
      </form>
    </EntryPage>
  );
}
