"use client";

import { type FormEvent, useState } from "react";
import { personCall, setCsrf } from "@/lib/call";
import { useT } from "@/lib/i18n";
import { asProblem } from "@/lib/problem";
import { useGo } from "@/platform/router";
import { Button } from "@/ui/button";
import { TextField } from "@/ui/field";
import "@/messages/en/entry";

export default function SignIn() {
  const t = useT();
  const go = useGo();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [wrong, setWrong] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const enter = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      const { data } = await personCall.POST("/v2/auth/login", { body: { email, password, kind: "browser" } });
      setCsrf(data?.csrf_token ?? null);
      go.instead(localPath(new URLSearchParams(window.location.search).get("next")) ?? "/");
    } catch (error) {
      setWrong(asProblem(error).message);
    } finally {
      setBusy(false);
    }
  };
  return (
    <main className="mx-auto grid min-h-dvh max-w-sm content-center gap-5 px-4">
      <h1 className="text-xl font-semibold">{t("entry.signin.title")}</h1>
      <form className="grid gap-4" onSubmit={(event) => void enter(event)}>
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
          error={wrong}
        />
        <Button kind="primary" type="submit" isBusy={isBusy}>
          {t("entry.signin.go")}
        </Button>
      </form>
    </main>
  );
}

/** Where one wanted to go, if that is within this app. */
const localPath = (wanted: string | null) => (wanted && /^\/(?![/\\])/.test(wanted) ? wanted : null);
