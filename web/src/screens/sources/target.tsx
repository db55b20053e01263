"use client";

import { useT } from "@/lib/i18n";
import { intervalOf, isScheduled, type Standing } from "@/screens/sources/standing";
import { intervalWords } from "@/screens/sources/words";

/** What a source's schedule promises. */
export function Target({ one }: { one: Standing }) {
  const t = useT();
  const interval = isScheduled(one.jobs) ? intervalOf(one.jobs) : null;
  return interval === null ? t("sources.target.none") : t("sources.target", { interval: intervalWords(interval / 1000) });
}
