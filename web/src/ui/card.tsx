import type { HTMLAttributes, ReactNode } from "react";
import { cn } from "@/lib/cn";

/** A sheet on the ground. */
export function Card({ className, ...props }: HTMLAttributes<HTMLDivElement>) {
  return <div {...props} className={cn("min-w-0 rounded-lg border border-line bg-surface", className)} />;
}

/** A sheet with a heading, and what can be done with the whole of it. */
export function Section({
  title,
  about,
  actions,
  isFlush = false,
  children,
  className,
}: {
  title: ReactNode;
  about?: ReactNode;
  actions?: ReactNode;
  /** What is in it reaches the edges: a table, a list of rows. */
  isFlush?: boolean;
  children: ReactNode;
  className?: string;
}) {
  return (
    <section className={cn("min-w-0 rounded-lg border border-line bg-surface", className)}>
      <header className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 border-b border-line px-4 py-3">
        <div className={cn("min-w-0", about && "flex-1 basis-64")}>
          <h2 className="text-sm font-semibold">{title}</h2>
          {about && <p className="text-[13px] text-muted">{about}</p>}
        </div>
        {actions && <div className="flex flex-wrap gap-2">{actions}</div>}
      </header>
      <div className={isFlush ? undefined : "p-4"}>{children}</div>
    </section>
  );
}

/** One figure with its name. */
export function Figure({ name, value, about }: { name: ReactNode; value: ReactNode; about?: ReactNode }) {
  return (
    <Card className="min-w-0 px-4 py-3">
      <p className="text-[13px] text-muted">{name}</p>
      <p className="text-xl leading-snug font-semibold tabular-nums">{value}</p>
      {about && <p className="text-[13px] text-muted">{about}</p>}
    </Card>
  );
}
