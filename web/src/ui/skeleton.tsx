import { cn } from "@/lib/cn";

/** Stands where something will be, in its final size. */
export const Skeleton = ({ className }: { className?: string }) => (
  <div aria-hidden className={cn("h-4 animate-pulse rounded bg-line/70", className)} />
);

export function SkeletonRows({ rows = 6 }: { rows?: number }) {
  return (
    // the whole beats, not each row: every animation is a layer of its own
    <div aria-hidden className="grid animate-pulse gap-3 p-4">
      {Array.from({ length: rows }, (_, row) => (
        <div
          // biome-ignore lint/suspicious/noArrayIndexKey: rows of a skeleton never move
          key={row}
          className={cn("h-4 rounded bg-line/70", row % 3 === 1 ? "w-2/3" : row % 3 === 2 ? "w-5/6" : "w-full")}
        />
      ))}
    </div>
  );
}
