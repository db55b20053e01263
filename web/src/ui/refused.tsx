import { cn } from "@/lib/cn";
import type { Problem } from "@/lib/problem";

/** What was refused, below the fields of a form; nothing where it is said `at` one of them already. */
export function Refused({ problem, at = [], className }: { problem: Problem | null; at?: readonly string[]; className?: string }) {
  if (!problem || at.some((pointer) => problem.of(pointer))) return null;
  return (
    <p role="alert" className={cn("rounded-md bg-bad-soft px-3 py-2 text-sm text-bad", className)}>
      {problem.message || problem.title} {problem.hint}
    </p>
  );
}
