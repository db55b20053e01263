/** How far something is: `share` from 0 to 1, or null while nobody knows. */
export function Progress({ share, label }: { share: number | null; label: string }) {
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={share === null ? undefined : Math.round(share * 100)}
      className="h-1.5 w-full overflow-hidden rounded-full bg-line"
    >
      <div
        className={
          share === null ? "h-full w-1/3 animate-pulse rounded-full bg-accent" : "h-full rounded-full bg-accent transition-[width]"
        }
        style={share === null ? undefined : { width: `${Math.max(1, Math.min(100, share * 100))}%` }}
      />
    </div>
  );
}
