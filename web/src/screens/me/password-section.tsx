"use client";

import { useState } from "react";
import { useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { useSession } from "@/lib/session";
import { NewPassword } from "@/screens/entry/new-password";
import { saidOf, weakness } from "@/screens/entry/said";
import { useAct } from "@/ui/act";
import { Button } from "@/ui/button";
import { Section } from "@/ui/card";
import { TextField } from "@/ui/field";
import { tell } from "@/ui/toast";
import "@/messages/en/entry";

/** Another password; every other session ends with it. */
export function PasswordSection() {
  const t = useT();
  const api = useApi();
  const { me } = useSession();
  const [old, setOld] = useState("");
  const [next, setNext] = useState("");
  const { isBusy, problem, submit } = useAct();
  const change = submit(async () => {
    await api.call.POST("/v2/auth/password/change", { body: { old, new: next } });
    setOld("");
    setNext("");
    void tell(t("me.password.done"));
    await api.cache.invalidateQueries({ queryKey: ["get", "/v2/auth/sessions"] });
  });
  const weak = weakness(problem);
  return (
    <Section title={t("me.password.title")} about={t("me.password.about")}>
      <form className="grid max-w-md gap-4" onSubmit={change}>
        <input type="email" name="email" autoComplete="username" value={me.email} readOnly hidden />
        <TextField
          label={t("me.password.old")}
          type="password"
          required
          autoComplete="current-password"
          value={old}
          onChange={(event) => setOld(event.target.value)}
          error={problem && !weak ? saidOf(problem) : null}
        />
        <NewPassword label={t("me.password.new")} value={next} onChange={setNext} error={weak} />
        <Button type="submit" isBusy={isBusy} className="justify-self-start">
          {t("me.password.go")}
        </Button>
      </form>
    </Section>
  );
}
