"use client";

import type { UseQueryResult } from "@tanstack/react-query";
import type { Shape } from "@/lib/api";
import { cn } from "@/lib/cn";
import { type Key, useT } from "@/lib/i18n";
import { asProblem } from "@/lib/problem";
import { Badge } from "@/ui/badge";
import { Section } from "@/ui/card";
import { ServerWords } from "@/ui/server-words";
import { SkeletonRows } from "@/ui/skeleton";
import { Shown } from "@/ui/states";
import { Moment } from "@/ui/time";

type Preview = Shape["PreviewShown"];

/** Which of today's snapshots rules would keep, and why, and which would go. */
export function RetentionPreview({ preview }: { preview: UseQueryResult<Preview, unknown> }) {
  const t = useT();
  return (
    <Section title={t("sources.keep.preview")} isFlush className={cn("min-w-0", preview.isPlaceholderData && "opacity-70")}>
      {asProblem(preview.error).fields.length > 0 ? (
        <p className="p-4 text-sm text-muted">{t("sources.keep.preview.wrong")}</p>
      ) : (
        <Shown query={preview} skeleton={<SkeletonRows />}>
          {(data) => <Decisions preview={data} />}
        </Shown>
      )}
    </Section>
  );
}

function Decisions({ preview }: { preview: Preview }) {
  const t = useT();
  const { decisions, dropped } = preview;
  if (decisions.length === 0) return <p className="p-4 text-sm text-muted">{t("sources.keep.preview.empty")}</p>;
  const said =
    dropped === 0
      ? t("sources.keep.preview.none", { count: decisions.length })
      : t("sources.keep.preview.some", { dropped, kept: decisions.length - dropped });
  return (
    <>
      <div aria-live="polite" className="border-b border-line px-4 py-3 text-sm">
        <p className="font-medium">{said}</p>
        {dropped > 0 && <p className="text-[13px] text-muted">{t("sources.keep.preview.trash")}</p>}
        {Object.values(preview.objections).map((objection) => (
          <p key={objection} className="mt-1 text-warn">
            <ServerWords>{objection}</ServerWords>
          </p>
        ))}
      </div>
      <Strip decisions={decisions} />
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section aria-label={t("sources.keep.preview")} tabIndex={0} className="max-h-96 overflow-y-auto">
        <ol className="divide-y divide-line">
          {[...decisions].reverse().map((one) => (
            <li key={one.snapshot} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-1.5 text-sm">
              <span className={cn("w-24 tabular-nums", !one.kept && "text-muted line-through")}>
                {t("sources.keep.snapshot", { number: one.number })}
              </span>
              <span className="flex-1 whitespace-nowrap text-muted tabular-nums">
                <Moment at={one.at} />
              </span>
              {one.kept ? (
                <span className="text-[13px] text-muted">{reasons(one.reasons, t)}</span>
              ) : (
                <Badge tone="bad">{t("sources.keep.goes")}</Badge>
              )}
            </li>
          ))}
        </ol>
      </section>
    </>
  );
}

/** All snapshots as a row of marks, the oldest first: a picture of how many go. The list below says it in words. */
function Strip({ decisions }: { decisions: Preview["decisions"] }) {
  return (
    <div aria-hidden className="flex flex-wrap gap-0.5 border-b border-line px-4 py-3">
      {decisions.map((one) => (
        <span key={one.snapshot} className={cn("h-4 w-2 rounded-sm", one.kept ? "bg-good" : "border border-bad")} />
      ))}
    </div>
  );
}

const WORDS: Record<string, Key> = {
  newest: "sources.keep.reason.newest",
  held: "sources.keep.reason.held",
  good: "sources.keep.reason.good",
  verified: "sources.keep.reason.verified",
  within: "sources.keep.reason.within",
  last: "sources.keep.reason.last",
  hourly: "sources.keep.reason.hourly",
  daily: "sources.keep.reason.daily",
  weekly: "sources.keep.reason.weekly",
  monthly: "sources.keep.reason.monthly",
  yearly: "sources.keep.reason.yearly",
  no: "sources.keep.reason.no",
  an: "sources.keep.reason.an",
  retention: "sources.keep.reason.retention",
};

/** The server's reasons begin with a word that names the rule. One that is not known here is shown as it came. */
function reasons(said: readonly string[], t: (key: Key) => string): string {
  const words = said.map((reason) => {
    const key = WORDS[reason.split(" ")[0] ?? ""];
    return key ? t(key) : reason;
  });
  return [...new Set(words)].join(", ");
}
