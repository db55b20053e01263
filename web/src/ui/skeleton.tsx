import { cn } from "@/lib/cn";

/** Stands where something will be, in its final size. */
export const Skeleton = ({ className }: { className?: string }) => (
  <div aria-hidden className={cn("h-4 animate-pulse rounded bg-line/70", className)} />
);

export function SkeletonRows({ rows = 6 }: { rows?: number }) {
  return (
    <div aria-hidden className="grid gap-3 p-4">
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows of a skeleton never move
        <Skeleton key={row} className={row % 3 === 1 ? "w-2/3" : row % 3 === 2 ? "w-5/6" : "w-full"} />
      ))}
    </div>
  );
}
