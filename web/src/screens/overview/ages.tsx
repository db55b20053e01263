"use client";

import { cn } from "@/lib/cn";
import { percent } from "@/lib/format";
import { useT } from "@/lib/i18n";
import { useHere } from "@/lib/session";
import { Link } from "@/platform/router";
import type { Standing } from "@/screens/sources/standing";
import { StandingBadge } from "@/screens/sources/standing-badge";
import { Target } from "@/screens/sources/target";
import { ButtonLink } from "@/ui/button";
import { Section } from "@/ui/card";
import { SkeletonRows } from "@/ui/skeleton";
import { Ago } from "@/ui/time";

const SHOWN = 8;

/** The age of each source's last good snapshot against its target, the most endangered first. */
export function Ages({ standings, isWhole }: { standings: readonly Standing[]; isWhole: boolean }) {
  const t = useT();
  const here = useHere();
  return (
    <Section
      title={t("overview.ages")}
      about={t("overview.ages.about")}
      isFlush
      className="min-w-0"
      actions={
        <ButtonLink size="sm" href={here.path("/sources")}>
          {t("overview.ages.all")}
        </ButtonLink>
      }
    >
      {isWhole ? (
        <ul className="divide-y divide-line">
          {standings.slice(0, SHOWN).map((one) => (
            <Row key={one.source.id} one={one} />
          ))}
        </ul>
      ) : (
        <SkeletonRows />
      )}
    </Section>
  );
}

function Row({ one }: { one: Standing }) {
  const t = useT();
  const here = useHere();
  const { source, last, target } = one;
  const at = last ? new Date(last.at).getTime() : null;
  const share = at === null || target === null || target <= at ? 1 : Math.min(1, (Date.now() - at) / (target - at));
  return (
    <li className="grid gap-1.5 px-4 py-2.5">
      <div className="flex flex-wrap items-center justify-between gap-x-3 gap-y-1">
        <Link href={here.path(`/sources/${source.id}`)} className="inline-flex min-h-6 items-center text-sm font-medium hover:underline">
          {source.name}
        </Link>
        <StandingBadge state={one.state} />
      </div>
      <div
        role="img"
        aria-label={t("overview.ages.bar", { share: percent(share), name: source.name })}
        className="h-1.5 overflow-hidden rounded-full bg-line"
      >
        <div
          className={cn("h-full rounded-full", share >= 1 ? "bg-bad" : share > 0.8 ? "bg-warn" : "bg-good")}
          style={{ width: `${Math.max(2, share * 100)}%` }}
        />
      </div>
      <p className="flex flex-wrap justify-between gap-x-3 text-[13px] text-muted">
        <span>{last ? <Ago at={last.at} /> : t("overview.ages.none")}</span>
        <span>
          <Target one={one} />
        </span>
      </p>
    </li>
  );
}
