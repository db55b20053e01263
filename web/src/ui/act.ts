"use client";

import { type FormEvent, useState } from "react";
import { asProblem, type Problem } from "@/lib/problem";
import { tellFailure } from "@/ui/toast";

/** What a person sets going: `isBusy` until it is over. What is refused is told (`act`), or stays as `problem` until the next try, for a form to show
 * at its fields (`submit`). Both make handlers; a step-up that was closed is no refusal. */
export function useAct() {
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const go = async (work: () => Promise<unknown>, onRefusal: (error: unknown) => void) => {
    setBusy(true);
    setProblem(null);
    try {
      await work();
    } catch (error) {
      onRefusal(error);
    } finally {
      setBusy(false);
    }
  };
  const keep = (error: unknown) => {
    const found = asProblem(error);
    if (found.code !== "step_up_required") setProblem(found);
  };
  return {
    isBusy,
    problem,
    setProblem,
    act:
      <Given extends unknown[]>(work: (...given: Given) => Promise<unknown>) =>
      (...given: Given) =>
        go(() => work(...given), tellFailure),
    submit: (work: () => Promise<unknown>) => (event?: FormEvent) => {
      event?.preventDefault();
      return go(work, keep);
    },
  };
}
