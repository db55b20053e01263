"use client";

import { ChevronLeft, ChevronRight, ChevronsRight, Lock } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { count, moment } from "@/lib/format";
import { useT } from "@/lib/i18n";
import type { Snapshot } from "@/screens/snapshots/moments";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Ago } from "@/ui/time";

type Change = { added: number; changed: number; removed: number };

const changeOf = (snapshot: Snapshot, stream: string | null): Change =>
  snapshot.streams
    .filter((one) => stream === null || one.name === stream)
    .reduce((sum, one) => ({ added: sum.added + one.added, changed: sum.changed + one.changed, removed: sum.removed + one.removed }), {
      added: 0,
      changed: 0,
      removed: 0,
    });

/** All points in time there are, with how much each brought, and the one that is looked at. Dragged, stepped by buttons, or moved by arrow keys. */
export function TimeSlider({
  snapshots,
  chosen,
  stream = null,
  onChoose,
}: {
  snapshots: readonly Snapshot[];
  chosen: Snapshot;
  stream?: string | null;
  onChoose: (snapshot: Snapshot) => void;
}) {
  const t = useT();
  const at = snapshots.findIndex((one) => one.id === chosen.id);
  const [pulled, setPulled] = useState<number | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  const index = pulled ?? at;
  const shown = snapshots[index] ?? chosen;
  const changes = useMemo(() => snapshots.map((one) => changeOf(one, stream)), [snapshots, stream]);
  // the address follows when the hand rests: a page is not read for each point on the way
  const pull = (to: number) => {
    setPulled(to);
    if (timer.current) clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      const wanted = snapshots[to];
      if (wanted) onChoose(wanted);
    }, 160);
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: the address has caught up
  useEffect(() => setPulled(null), [chosen.id]);
  // who leaves the screen on the way is not called back to it
  useEffect(
    () => () => {
      if (timer.current) clearTimeout(timer.current);
    },
    [],
  );
  const said = (one: Snapshot) => t("snapshots.point", { number: one.number, moment: moment(one.at) });
  const { added, changed, removed } = changes[index] ?? { added: 0, changed: 0, removed: 0 };
  return (
    <section aria-label={t("snapshots.slider")} className="rounded-lg border border-line bg-surface px-4 pt-3 pb-2">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <div className="flex gap-1">
          <Button size="icon-sm" aria-label={t("snapshots.before")} disabled={index <= 0} onClick={() => pull(index - 1)}>
            <ChevronLeft aria-hidden />
          </Button>
          <Button size="icon-sm" aria-label={t("snapshots.after")} disabled={index >= snapshots.length - 1} onClick={() => pull(index + 1)}>
            <ChevronRight aria-hidden />
          </Button>
          <Button
            size="icon-sm"
            aria-label={t("snapshots.newest")}
            disabled={index >= snapshots.length - 1}
            onClick={() => pull(snapshots.length - 1)}
          >
            <ChevronsRight aria-hidden />
          </Button>
        </div>
        <p className="min-w-0 text-sm" aria-live="polite">
          <span className="font-semibold tabular-nums">{moment(shown.at)}</span>{" "}
          <span className="text-muted">
            · {t("snapshots.number", { number: shown.number, of: snapshots.at(-1)?.number ?? shown.number })} · <Ago at={shown.at} />
          </span>
        </p>
        <SnapshotBadges snapshot={shown} />
        <p className="ml-auto flex gap-3 text-xs tabular-nums">
          <span className="text-good">+{count(added)}</span>
          <span className="text-accent">~{count(changed)}</span>
          <span className="text-bad">−{count(removed)}</span>
          <span className="sr-only">{t("snapshots.changes", { added, changed, removed })}</span>
        </p>
      </div>
      <Histogram changes={changes} index={index} onPull={pull} />
      <input
        type="range"
        min={0}
        max={Math.max(0, snapshots.length - 1)}
        value={index}
        disabled={snapshots.length < 2}
        onChange={(event) => pull(event.target.valueAsNumber)}
        aria-label={t("snapshots.slider")}
        aria-valuetext={said(shown)}
        className="block h-6 w-full accent-accent"
      />
      <p className="flex justify-between gap-2 text-xs text-muted tabular-nums">
        <span>{snapshots[0] && moment(snapshots[0].at)}</span>
        <span>{snapshots.length > 1 && moment((snapshots.at(-1) as Snapshot).at)}</span>
      </p>
    </section>
  );
}

const TALL = 56;
const THUMB = 16; // [px] of a range's thumb: its middle travels between half a thumb from either end

/** How much each point brought, on a logarithmic scale: the first backup would make all others invisible. Each bar stands where the thumb goes. */
function Histogram({ changes, index, onPull }: { changes: readonly Change[]; index: number; onPull: (index: number) => void }) {
  const most = Math.max(1, ...changes.map(({ added, changed, removed }) => added + changed + removed));
  const steps = Math.max(1, changes.length - 1);
  const wide = Math.min(0.8, (24 * steps) / 1000);
  return (
    <div style={{ paddingInline: THUMB / 2 }}>
      <svg
        aria-hidden="true"
        viewBox={`0 0 ${steps} ${TALL}`}
        preserveAspectRatio="none"
        className="mt-3 h-14 w-full cursor-pointer overflow-visible"
        onClick={(event) => {
          const { left, width } = event.currentTarget.getBoundingClientRect();
          onPull(Math.max(0, Math.min(changes.length - 1, Math.round(((event.clientX - left) / width) * steps))));
        }}
      >
        <rect x={0} y={0} width={steps} height={TALL} fill="transparent" />
        {changes.map((change, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: points in order
          <Bar key={at} change={change} most={most} at={at} wide={wide} isHere={at === index} />
        ))}
      </svg>
    </div>
  );
}

function Bar({ change, most, at, wide, isHere }: { change: Change; most: number; at: number; wide: number; isHere: boolean }) {
  const sum = change.added + change.changed + change.removed;
  const height = sum === 0 ? 0 : Math.max(4, (Math.log1p(sum) / Math.log1p(most)) * (TALL - 2));
  const place = { x: at - wide / 2, width: wide };
  const parts = [
    ["fill-good", change.added],
    ["fill-accent", change.changed],
    ["fill-bad", change.removed],
  ] as const;
  let top = TALL;
  return (
    <g opacity={isHere ? 1 : 0.55}>
      {isHere && <rect {...place} y={0} height={TALL} className="fill-accent-soft" />}
      {parts.map(([look, value]) => {
        const tall = sum === 0 ? 0 : (value / sum) * height;
        top -= tall;
        return tall > 0 && <rect key={look} {...place} y={top} height={tall} className={look} />;
      })}
      {sum === 0 && <rect {...place} y={TALL - 1.5} height={1.5} className="fill-line-strong" />}
    </g>
  );
}

export function SnapshotBadges({ snapshot }: { snapshot: Snapshot }) {
  const t = useT();
  return (
    <span className="flex flex-wrap gap-1.5">
      {snapshot.kind === "partial" && <Badge tone="warn">{t("snapshots.partial")}</Badge>}
      {snapshot.suspect && <Badge tone="bad">{t("snapshots.suspect")}</Badge>}
      {snapshot.held !== null && (
        <span title={snapshot.held ?? ""} className="inline-flex items-center gap-1 text-xs text-muted">
          <Lock aria-hidden className="size-3.5" />
          {t("snapshots.held")}
        </span>
      )}
      {snapshot.verified_at && <Badge tone="good">{t("snapshots.verified")}</Badge>}
    </span>
  );
}
