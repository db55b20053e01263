"use client";

import { TriangleAlert } from "lucide-react";
import { useState } from "react";
import { type Shape, useApi } from "@/lib/api";
import { count, lasted, moment } from "@/lib/format";
import { type Key, useT } from "@/lib/i18n";
import { useHere } from "@/lib/session";
import { Link } from "@/platform/router";
import { differing } from "@/screens/record/differing";
import { Differences } from "@/screens/record/value";
import { recordPath } from "@/screens/snapshots/moments";
import { Badge, type Tone } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Figure, Section } from "@/ui/card";
import { Failure } from "@/ui/states";

type Plan = Shape["PlanShown"];
export const ACTIONS: Record<Shape["Action"], [Key, Tone]> = {
  create: ["restores.action.create", "good"],
  update: ["restores.action.update", "accent"],
  skip: ["restores.action.skip", "plain"],
  conflict: ["restores.action.conflict", "warn"],
};
const AT_ONCE = 100;

/** What the restore would do: counts, cost, side effects, and each record with the reason. */
export function PlanView({ plan }: { plan: Plan }) {
  const t = useT();
  const leftOut = Object.entries(plan.left_out) as [Shape["Why"], number][];
  return (
    <>
      <div className="grid grid-cols-2 gap-3 lg:grid-cols-4" aria-live="polite">
        <Figure name={t("restores.creates")} value={count(plan.creates)} />
        <Figure name={t("restores.updates")} value={count(plan.updates)} />
        <Figure name={t("restores.skips")} value={count(plan.skips)} />
        <Figure name={t("restores.conflicts")} value={count(plan.conflicts)} />
      </div>
      <Section title={t("restores.cost")}>
        <div className="grid gap-2 text-sm">
          <p>
            {t("restores.calls", { count: plan.calls })}
            {plan.seconds !== null && ` · ${t("restores.time", { time: lasted(plan.seconds) })}`}
          </p>
          {plan.quota && (
            <p className="text-muted">{t("restores.quota", { left: plan.quota.calls, of: plan.quota.of, per: plan.quota.per })}</p>
          )}
          {plan.goes_on_at && <p className="text-warn">{t("restores.goeson", { moment: moment(plan.goes_on_at) })}</p>}
          {plan.side_effects.length > 0 ? (
            <div className="rounded-md bg-warn-soft px-3 py-2 text-warn">
              <p className="flex items-center gap-2 font-medium">
                <TriangleAlert aria-hidden className="size-4" />
                {t("restores.effects")}
              </p>
              <ul className="ml-6 list-disc">
                {plan.side_effects.map((effect) => (
                  <li key={effect}>{effect}</li>
                ))}
              </ul>
            </div>
          ) : (
            <p className="text-muted">{t("restores.effects.none")}</p>
          )}
          {leftOut.length > 0 && (
            <ul className="grid gap-1 text-[13px] text-muted">
              {leftOut.map(([why, many]) => (
                <li key={why}>
                  {t("restores.left", { count: many })} {t(`restores.why.${why}`)}
                </li>
              ))}
            </ul>
          )}
        </div>
      </Section>
      {plan.steps.length > 0 && <Steps plan={plan} />}
    </>
  );
}

function Steps({ plan }: { plan: Plan }) {
  const t = useT();
  const [shown, setShown] = useState(AT_ONCE);
  const total = plan.writes + plan.conflicts;
  return (
    <Section
      title={t("restores.steps")}
      about={total > plan.steps.length ? t("restores.steps.first", { shown: plan.steps.length, total }) : undefined}
    >
      <ul className="-m-4 divide-y divide-line">
        {plan.steps.slice(0, shown).map((step) => (
          <StepLine key={`${step.stream} ${step.key}`} plan={plan} step={step} />
        ))}
      </ul>
      {shown < plan.steps.length && (
        <p className="-mx-4 mt-4 -mb-4 border-t border-line p-3 text-center">
          <Button onClick={() => setShown(shown + AT_ONCE)}>{t("common.more")}</Button>
        </p>
      )}
    </Section>
  );
}

function StepLine({ plan, step }: { plan: Plan; step: Shape["StepShown"] }) {
  const t = useT();
  const here = useHere();
  const [word, tone] = ACTIONS[step.action];
  return (
    <li className="grid gap-2 px-4 py-2.5 text-sm [contain-intrinsic-size:auto_3rem] [content-visibility:auto]">
      <p className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <Badge tone={tone}>{t(word)}</Badge>
        <Link
          className="inline-flex min-h-6.5 items-center font-medium hover:underline"
          href={here.path(recordPath(plan.source, plan.snapshot, step.stream, step.key))}
        >
          {step.stream} {step.key}
        </Link>
        <span className="text-muted">{t(`restores.why.${step.why}`)}</span>
      </p>
      {step.action === "conflict" && step.now !== null && step.now !== undefined && <Conflict plan={plan} step={step} />}
    </li>
  );
}

/** Both values of a conflict: what is there now, and what the restore would write. */
function Conflict({ plan, step }: { plan: Plan; step: Shape["StepShown"] }) {
  const t = useT();
  const [isOpen, setOpen] = useState(false);
  const path = { snapshot: plan.snapshot, stream: step.stream, key: step.key };
  const kept = useApi().use.useQuery(
    "get",
    "/v2/snapshots/{snapshot}/streams/{stream}/records/{key}",
    { params: { path } },
    { enabled: isOpen, staleTime: 300_000 },
  );
  if (!isOpen)
    return (
      <button type="button" className="min-h-6.5 justify-self-start text-[13px] text-accent hover:underline" onClick={() => setOpen(true)}>
        {t("restores.conflict.show")}
      </button>
    );
  if (kept.isError) return <Failure error={kept.error} onRetry={() => void kept.refetch()} />;
  if (!kept.data) return <p className="text-[13px] text-muted">…</p>;
  return (
    <div className="grid gap-1">
      <p className="text-[13px] text-muted">{t("restores.conflict.about")}</p>
      <Differences all={differing(step.now, kept.data.record)} />
    </div>
  );
}
