"use client";

import { type ReactNode, Suspense, useEffect } from "react";
import { onRefusal } from "@/lib/call";
import { speak, wantedLanguage } from "@/lib/i18n";
import { useGo } from "@/platform/router";
import "@/messages/en/common";

/** What is around every page, signed in or not: the language, and where a refused request leads. */
export function App({ children }: { children: ReactNode }) {
  const go = useGo();
  useEffect(() => {
    const wanted = wantedLanguage();
    if (wanted !== "en") void speak(wanted, false);
  }, []);
  useEffect(() => {
    onRefusal.signIn = () => {
      const here = window.location.pathname + window.location.search;
      go.instead(`/sign-in?next=${encodeURIComponent(here)}`);
    };
  }, [go]);
  return <Suspense>{children}</Suspense>;
}
