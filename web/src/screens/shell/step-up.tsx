"use client";

import dynamic from "next/dynamic";
import { useEffect, useState } from "react";
import { onRefusal } from "@/lib/call";
import { Problem } from "@/lib/problem";

const Question = dynamic(() => import("@/screens/shell/step-up-question"), { ssr: false });

type Waiting = { done: () => void; failed: (why: Problem) => void };

/** Asks for a factor whenever the API wants to see one, and lets the request that was refused go on by itself. */
export function StepUp() {
  const [waiting, setWaiting] = useState<readonly Waiting[]>([]); // requests that were refused together are answered together
  useEffect(() => {
    onRefusal.stepUp = () => new Promise<void>((done, failed) => setWaiting((others) => [...others, { done, failed }]));
  }, []);
  if (waiting.length === 0) return null;
  const close = (settle: (one: Waiting) => void) => {
    setWaiting([]);
    for (const one of waiting) settle(one);
  };
  return (
    <Question
      onProved={() => close((one) => one.done())}
      onClose={() => close((one) => one.failed(new Problem({ code: "step_up_required", status: 403 })))}
    />
  );
}
