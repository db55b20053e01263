"use client";

import { Fingerprint } from "lucide-react";
import { useCallback, useEffect, useRef, useState } from "react";
import { personCall } from "@/lib/call";
import { useT } from "@/lib/i18n";
import { askPasskey, hasPasskeys, isClosed, offersPasskeys } from "@/lib/passkey";
import { asProblem, type Problem } from "@/lib/problem";
import { useTakenOver } from "@/platform/params";
import { goOn } from "@/screens/entry/coming-in";
import { Button } from "@/ui/button";

const CHALLENGE_MS = 4 * 60_000; // the API forgets a challenge after five minutes

/** A passkey signs in alone: by this button, and in browsers that can do it from the list below the address (not where it is `isAsked` for). */
export function PasskeySignIn({ onFailure, isAsked = false }: { onFailure: (problem: Problem) => void; isAsked?: boolean }) {
  const t = useT();
  const isTakenOver = useTakenOver();
  const waiting = useRef<AbortController | null>(null);
  const [isBusy, setBusy] = useState(false);
  const enter = useCallback(
    async (isQuiet: boolean) => {
      waiting.current?.abort();
      const mine = new AbortController();
      waiting.current = mine;
      try {
        const { data } = await personCall.POST("/v2/auth/passkeys/options");
        const credential = await askPasskey(data?.public_key ?? {}, { signal: mine.signal, isQuiet });
        const entered = await personCall.POST("/v2/auth/passkeys/login", { body: { credential, kind: "browser" } });
        goOn(entered.data?.csrf_token);
      } catch (error) {
        if (!isClosed(error) && !(isQuiet && asProblem(error).code === "offline")) onFailure(asProblem(error));
      }
    },
    [onFailure],
  );
  useEffect(() => {
    if (isAsked) return;
    let isGone = false;
    let timer: ReturnType<typeof setInterval> | undefined;
    void offersPasskeys().then((does) => {
      if (!does || isGone) return;
      void enter(true);
      timer = setInterval(() => void enter(true), CHALLENGE_MS);
    });
    return () => {
      isGone = true;
      clearInterval(timer);
      waiting.current?.abort();
    };
  }, [enter, isAsked]);
  if (!isTakenOver || !hasPasskeys()) return null;
  const press = async () => {
    setBusy(true);
    await enter(false);
    setBusy(false);
  };
  return (
    <Button isBusy={isBusy} onClick={() => void press()}>
      {!isBusy && <Fingerprint aria-hidden />}
      {t("entry.signin.passkey")}
    </Button>
  );
}
