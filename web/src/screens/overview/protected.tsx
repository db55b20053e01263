"use client";

import { cn } from "@/lib/cn";
import { ago } from "@/lib/format";
import { useT } from "@/lib/i18n";
import { isWithin, type Standing } from "@/screens/sources/standing";
import { Card } from "@/ui/card";
import { Skeleton } from "@/ui/skeleton";

/** Is everything protected? One sentence and one figure. */
export function Protected({ standings, isWhole }: { standings: readonly Standing[]; isWhole: boolean }) {
  const t = useT();
  if (!isWhole) return <Skeleton className="h-52" />;
  const count = standings.length;
  const within = standings.filter(isWithin).length;
  const partly = standings.filter((one) => one.state === "incomplete").length;
  const bad = count - within - partly;
  const isFirst = standings.every((one) => one.state === "first");
  const isWarned = standings.some((one) => one.state !== "good");
  const ats = standings.flatMap((one) => (one.last ? [one.last.at] : [])).sort();
  const said = isFirst
    ? t("overview.said.first")
    : bad > 0
      ? t("overview.said.bad", { bad, count })
      : partly > 0
        ? t("overview.said.partly", { partly, count })
        : t(isWarned ? "overview.said.warn" : "overview.said.good", { count });
  return (
    <Card className="flex min-w-0 flex-col justify-between gap-4 p-5">
      <p aria-live="polite" className={cn("text-lg leading-snug font-semibold", bad > 0 && !isFirst && "text-bad")}>
        {said}
      </p>
      <div className="grid gap-2">
        <p className="text-3xl font-semibold tracking-tight tabular-nums">
          {within}
          <span className="text-muted"> / {count}</span>
        </p>
        <Bar standings={standings} />
        <p className="text-[13px] text-muted">
          {t("overview.said.share", { good: within, count })}
          {ats[0] && ` · ${t("overview.said.oldest", { ago: ago(ats[0]) })}`}
        </p>
      </div>
    </Card>
  );
}

const FILL = {
  unread: "bg-bad",
  never: "bg-bad",
  late: "bg-bad",
  first: "bg-accent",
  broken: "bg-warn",
  incomplete: "bg-warn",
  byhand: "bg-line-strong",
  good: "bg-good",
};

/** A picture of the sentence above it. */
function Bar({ standings }: { standings: readonly Standing[] }) {
  return (
    <div aria-hidden className={cn("flex h-2 overflow-hidden rounded-full", standings.length <= 100 && "gap-0.5")}>
      {standings.map((one) => (
        <span key={one.source.id} className={cn("min-w-0 flex-1", FILL[one.state])} />
      ))}
    </div>
  );
}
