"use client";

import { type FormEvent, useState } from "react";
import { asProblem, type Problem } from "@/lib/problem";

/** A form that asks the API once at a time: `isBusy` until it answers, `problem` when it refused. */
export function useSubmit() {
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBusy, setBusy] = useState(false);
  const submit = (act: () => Promise<unknown>) => async (event?: FormEvent) => {
    event?.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      await act();
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setBusy(false);
    }
  };
  return { submit, problem, isBusy, setProblem };
}
