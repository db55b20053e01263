"use client";

import { actionWord, actorWord, isTrouble } from "@/lib/activity-words";
import { useApi } from "@/lib/api";
import { cn } from "@/lib/cn";
import { useT } from "@/lib/i18n";
import { useLive } from "@/lib/live";
import { useHere } from "@/lib/session";
import { Link } from "@/platform/router";
import { useNames } from "@/screens/activity/queries";
import type { Standing } from "@/screens/sources/standing";
import { ButtonLink } from "@/ui/button";
import { Section } from "@/ui/card";
import { SkeletonRows } from "@/ui/skeleton";
import { Shown } from "@/ui/states";
import { Ago } from "@/ui/time";
import "@/messages/en/overview";

const SHOWN = 8;
const ASKED = 50; // some of them are looks at content, which tell of nothing that happened

/** What was done last in the account, and by whom. */
export default function RecentActivity({ standings }: { standings: readonly Standing[] }) {
  const t = useT();
  const here = useHere();
  const names = useNames();
  const { cache, use } = useApi();
  const query = use.useQuery("get", "/v2/activity", { params: { query: { limit: ASKED } } });
  useLive((events) => {
    if (events.some((event) => event.id !== null || event.event === "live.gap"))
      void cache.invalidateQueries({ queryKey: ["get", "/v2/activity"] });
  });
  return (
    <Section
      title={t("overview.activity")}
      isFlush
      className="min-w-0"
      actions={
        <ButtonLink size="sm" href={here.path("/activity")}>
          {t("overview.activity.all")}
        </ButtonLink>
      }
    >
      <Shown query={query} skeleton={<SkeletonRows rows={SHOWN} />}>
        {(data) => {
          const lines = data.items.filter((line) => !/(^|:)content:/.test(line.action));
          return lines.length === 0 ? (
            <p className="p-4 text-sm text-muted">{t("overview.activity.none")}</p>
          ) : (
            <ul className="divide-y divide-line">
              {lines.slice(0, SHOWN).map((line) => (
                <li key={line.seq} className="flex flex-wrap items-center gap-x-3 gap-y-0.5 px-4 py-2 text-sm">
                  <Link
                    href={here.path(`/activity?subject=${encodeURIComponent(line.subject)}`)}
                    className={cn("inline-flex min-h-6 items-center font-medium hover:underline", isTrouble(line.action) && "text-bad")}
                  >
                    {actionWord(t, line.action)}
                  </Link>
                  <span className="min-w-0 flex-1 truncate text-[13px] text-muted">
                    {[nameIn(line.about, standings), actorWord(t, line.actor, names)].filter(Boolean).join(" · ")}
                  </span>
                  <span className="text-[13px] text-muted">
                    <Ago at={line.at} />
                  </span>
                </li>
              ))}
            </ul>
          );
        }}
      </Shown>
    </Section>
  );
}

/** What a line is about: its name, or that of the source that it names. */
function nameIn(about: Record<string, unknown>, standings: readonly Standing[]): string | null {
  if (typeof about.name === "string") return about.name;
  return standings.find((one) => one.source.id === about.source)?.source.name ?? null;
}
