"use client";

import { useEffect, useState, useSyncExternalStore } from "react";
import { personCall, setCsrf } from "@/lib/call";
import { localPath } from "@/lib/local-path";
import type { components } from "@/lib/schema";

type Shapes = components["schemas"];

/** Somebody is signed in now: on to where they wanted to go. The page is loaded anew, so that nothing of whoever was here before is left. */
export function goOn(csrf: string | null | undefined, instead?: string) {
  setCsrf(csrf ?? null);
  window.location.replace(instead ?? localPath(new URLSearchParams(window.location.search).get("next")) ?? "/");
}

/** Where somebody is led first who may do what only people with a second factor are let do; from there on to where they wanted to go. */
export function toSetUp(mustSetUp: boolean | undefined): string | undefined {
  const next = localPath(new URLSearchParams(window.location.search).get("next")) ?? "/";
  return mustSetUp ? `/me/security?next=${encodeURIComponent(next)}` : undefined;
}

/** Signs in with what was just chosen, and leads into the first backup of the person's own account. Where a second step is asked for, to sign in. */
export async function beginWith(email: string, password: string) {
  const { data } = await personCall.POST("/v2/auth/login", { body: { email, password, kind: "browser" } });
  if (!data?.signed_in) return window.location.replace("/sign-in");
  setCsrf(data.csrf_token ?? null);
  const mine = (await personCall.GET("/v2/users/me/accounts")).data?.items ?? [];
  const account = (mine.find((one) => one.is_current) ?? mine[0])?.account.id;
  goOn(data.csrf_token, account ? `/a/${account}/start` : "/");
}

/** How one comes in here: undefined until it is known, null when it cannot be asked. */
export function useWelcome(): Shapes["WelcomeOut"] | null | undefined {
  const [welcome, setWelcome] = useState<Shapes["WelcomeOut"] | null>();
  useEffect(() => {
    let isGone = false;
    personCall.GET("/v2/auth/welcome").then(
      ({ data }) => !isGone && setWelcome(data ?? null),
      () => !isGone && setWelcome(null), // the form itself will say that nobody answers
    );
    return () => {
      isGone = true;
    };
  }, []);
  return welcome;
}

/** What a letter's link brought behind `#token=`: it reaches no server's log. Null where there is none; undefined until the page is taken over. */
export function useToken(): string | null | undefined {
  return useSyncExternalStore(
    (tell) => {
      window.addEventListener("hashchange", tell);
      return () => window.removeEventListener("hashchange", tell);
    },
    () => new URLSearchParams(window.location.hash.slice(1)).get("token"),
    () => undefined,
  );
}
