import { cva, type VariantProps } from "class-variance-authority";
import type { ReactNode } from "react";
import { cn } from "@/lib/cn";

const look = cva("inline-flex h-5.5 items-center gap-1.5 rounded-full px-2 text-xs font-medium whitespace-nowrap", {
  variants: {
    tone: {
      good: "bg-good-soft text-good",
      warn: "bg-warn-soft text-warn",
      bad: "bg-bad-soft text-bad",
      accent: "bg-accent-soft text-accent",
      plain: "bg-sunken text-muted ring-1 ring-line ring-inset",
    },
  },
  defaultVariants: { tone: "plain" },
});

export type Tone = NonNullable<VariantProps<typeof look>["tone"]>;

/** A state in a word; never by colour alone. `isLive` lets its dot beat. */
export function Badge({
  tone,
  isLive = false,
  children,
  className,
}: {
  tone?: Tone;
  isLive?: boolean;
  children: ReactNode;
  className?: string;
}) {
  return (
    <span className={cn(look({ tone }), className)}>
      <span aria-hidden className={cn("size-1.5 rounded-full bg-current", isLive && "animate-pulse")} />
      {children}
    </span>
  );
}
