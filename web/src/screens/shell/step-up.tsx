"use client";

import dynamic from "next/dynamic";
import { useEffect, useState } from "react";
import { onRefusal } from "@/lib/call";
import { Problem } from "@/lib/problem";

const Question = dynamic(() => import("@/screens/shell/step-up-question"), { ssr: false });

type Waiting = { done: () => void; failed: (why: Problem) => void };

/** Asks for a factor whenever the API wants to see one, and lets the request that was refused go on by itself. */
export function StepUp() {
  const [waiting, setWaiting] = useState<Waiting | null>(null);
  useEffect(() => {
    onRefusal.stepUp = () => new Promise<void>((done, failed) => setWaiting({ done, failed }));
  }, []);
  if (!waiting) return null;
  const close = (settle: () => void) => {
    setWaiting(null);
    settle();
  };
  return (
    <Question
      onProved={() => close(waiting.done)}
      onClose={() => close(() => waiting.failed(new Problem({ code: "step_up_required", status: 403 })))}
    />
  );
}
