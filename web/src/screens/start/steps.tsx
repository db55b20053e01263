"use client";

import { Check } from "lucide-react";
import { cn } from "@/lib/cn";
import { type Key, useT } from "@/lib/i18n";

const NAMES: readonly Key[] = ["start.step.platform", "start.step.connect", "start.step.backup"];

/** Where one is on the way to the first backup. */
export function Steps({ step }: { step: number }) {
  const t = useT();
  return (
    <ol aria-label={t("start.steps")} className="mb-5 flex flex-wrap gap-x-6 gap-y-2 text-sm">
      {NAMES.map((name, at) => (
        <li
          key={name}
          aria-current={at === step ? "step" : undefined}
          className={cn("flex items-center gap-2", at === step ? "font-medium" : "text-muted")}
        >
          <span
            aria-hidden
            className={cn(
              "grid size-6 place-items-center rounded-full text-xs font-semibold tabular-nums",
              at < step
                ? "bg-good-soft text-good"
                : at === step
                  ? "bg-accent text-accent-ink"
                  : "bg-sunken text-muted ring-1 ring-line ring-inset",
            )}
          >
            {at < step ? <Check className="size-3.5" /> : at + 1}
          </span>
          {t(name)}
        </li>
      ))}
    </ol>
  );
}
