"use client";

import { t } from "@/lib/i18n";
import { asProblem } from "@/lib/problem";

// The library is loaded with the first word there is to say.
const said = () => import("@/ui/toaster");

/** Says what happened, and offers to undo it where that can be done. */
export async function tell(text: string, undo?: () => void | Promise<void>) {
  (await said()).show(text, undo ? { label: t("common.undo"), act: () => void (async () => undo())().catch(tellFailure) } : undefined);
}

/** Says that something failed and why. */
export async function tellFailure(error: unknown) {
  const problem = asProblem(error);
  if (problem.code === "step_up_required") return; // who closed the question knows
  (await said()).showFailure(problem.message || problem.title || t("common.failed.title"));
}
