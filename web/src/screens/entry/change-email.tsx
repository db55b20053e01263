"use client";

import { useState } from "react";
import { personCall } from "@/lib/call";
import { useT } from "@/lib/i18n";
import { useToken } from "@/screens/entry/coming-in";
import { EntryPage, Refusal, Told } from "@/screens/entry/entry-page";
import { NoToken } from "@/screens/entry/no-token";
import { linkProblem } from "@/screens/entry/said";
import { ToSignIn } from "@/screens/entry/to-sign-in";
import { useAct } from "@/ui/act";
import { Button, ButtonLink } from "@/ui/button";

/** One of the two addresses agrees to a change. A button, not the link itself: what reads mail ahead of people follows links. */
export default function ChangeEmail() {
  const t = useT();
  const token = useToken();
  const [isChanged, setChanged] = useState<boolean | null>(null);
  const { submit, problem, isBusy } = useAct();
  if (token === null) return <NoToken title={t("entry.change.title")} />;
  const agree = submit(async () => {
    const { data } = await personCall.POST("/v2/users/me/email/confirm", { body: { token: token ?? "" } });
    setChanged(data?.changed ?? false);
  });
  if (isChanged !== null)
    return (
      <EntryPage title={t(isChanged ? "entry.change.done.title" : "entry.change.half.title")}>
        <Told>
          <p>{t(isChanged ? "entry.change.done.text" : "entry.change.half.text")}</p>
        </Told>
        {isChanged && (
          <ButtonLink kind="primary" href="/sign-in">
            {t("entry.signin.go")}
          </ButtonLink>
        )}
      </EntryPage>
    );
  return (
    <EntryPage title={t("entry.change.title")} about={t("entry.change.about")} foot={<ToSignIn />}>
      <form className="grid gap-4" onSubmit={agree}>
        <Refusal problem={linkProblem(problem)} />
        <Button kind="primary" type="submit" isBusy={isBusy}>
          {t("entry.change.go")}
        </Button>
      </form>
    </EntryPage>
  );
}
