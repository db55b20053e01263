"use client";

import { FlaskConical } from "lucide-react";
import { useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { useHere } from "@/lib/session";
import { ButtonLink } from "@/ui/button";

export const DEMO = "demo-crm";

/** For whoever has no account at hand: the simulated platform, where this installation knows it. */
export function Demo() {
  const t = useT();
  const here = useHere();
  const platforms = useApi().use.useQuery("get", "/v2/platforms", { params: { query: { limit: 500 } } });
  if (!platforms.data?.items.some((one) => one.name === DEMO)) return null;
  return (
    <div className="mt-4 flex flex-wrap items-center gap-x-4 gap-y-2 rounded-lg border border-line bg-surface px-4 py-3">
      <FlaskConical aria-hidden className="size-5 shrink-0 text-muted" />
      <p className="min-w-0 flex-1 basis-60 text-sm">
        <span className="font-medium">{t("start.demo.title")}</span> <span className="text-muted">{t("start.demo.text")}</span>
      </p>
      <ButtonLink href={here.path(`/start?platform=${DEMO}`)}>{t("start.demo.go")}</ButtonLink>
    </div>
  );
}
