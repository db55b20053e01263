"use client";

import { Activity, Pause, Play } from "lucide-react";
import dynamic from "next/dynamic";
import { memo, useRef, useState } from "react";
import { actionWord, actorWord, isTrouble } from "@/lib/activity-words";
import { cn } from "@/lib/cn";
import { useT } from "@/lib/i18n";
import { useLive, useLiveState } from "@/lib/live";
import { type Line, useLines, useNames, useNewLines, type Wanted } from "@/screens/activity/queries";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { More } from "@/ui/more";
import { SkeletonRows } from "@/ui/skeleton";
import { Empty, Failure } from "@/ui/states";
import { Table, Td, Th, Tr } from "@/ui/table";
import { Moment } from "@/ui/time";

const Detail = dynamic(() => import("@/screens/activity/detail"), { ssr: false });

/** The lines, with what is new on top as it happens; whoever wants to read in peace pauses it. */
export function Lines({ wanted }: { wanted: Wanted }) {
  const t = useT();
  const names = useNames();
  const lines = useLines(wanted);
  const [isPaused, setPaused] = useState(false);
  const [open, setOpen] = useState<Line | null>(null);
  const first = useRef<number | null>(null);
  const { renew, take } = useNewLines(wanted);
  useLive((events) => {
    if (!isPaused) take(events);
  });
  if (lines.isPending)
    return (
      <div role="status" aria-label={t("common.loading")}>
        <SkeletonRows rows={12} />
      </div>
    );
  if (!lines.data) return <Failure error={lines.error} onRetry={() => void lines.refetch()} />;
  const items = lines.data.pages.flatMap((page) => page.items);
  first.current ??= items[0]?.seq ?? 0;
  const fresh = items.filter((line) => line.seq > (first.current ?? 0)).length;
  const isFiltered = Object.values(wanted).some(Boolean);
  return (
    <>
      <Tail
        isPaused={isPaused}
        fresh={fresh}
        onToggle={() => {
          setPaused(!isPaused);
          if (isPaused) renew();
        }}
      />
      {items.length === 0 ? (
        <Empty icon={<Activity aria-hidden />} title={t(isFiltered ? "activity.none.filtered" : "activity.none")}>
          {!isFiltered && t("activity.none.text")}
        </Empty>
      ) : (
        <Table
          label={t("activity.title")}
          head={
            <>
              <Th>{t("activity.column.what")}</Th>
              <Th className="hidden sm:table-cell">{t("activity.column.who")}</Th>
              <Th className="hidden lg:table-cell">{t("activity.column.thing")}</Th>
              <Th className="hidden sm:table-cell">{t("activity.column.at")}</Th>
            </>
          }
        >
          {items.map((line) => (
            <Row key={line.seq} line={line} names={names} isFresh={line.seq > (first.current ?? 0)} onOpen={setOpen} />
          ))}
        </Table>
      )}
      <More query={lines} />
      {open && <Detail line={open} names={names} onClose={() => setOpen(null)} />}
    </>
  );
}

type RowProps = { line: Line; names: ReadonlyMap<string, string>; isFresh: boolean; onOpen: (line: Line) => void };

/** One line; the others need not be made again when it comes. */
const Row = memo(function Row({ line, names, isFresh, onOpen }: RowProps) {
  const t = useT();
  return (
    <Tr className={cn(isFresh && "bg-accent-soft/40")}>
      <Td className="min-w-40">
        <div className="flex flex-wrap items-baseline gap-x-2">
          <button
            type="button"
            aria-label={`${actionWord(t, line.action)}, ${t("activity.open", { seq: line.seq })}`}
            onClick={() => onOpen(line)}
            className="min-h-6 text-left hover:underline"
          >
            <span className={cn("font-medium", isTrouble(line.action) && "text-bad")}>{actionWord(t, line.action)}</span>
          </button>
          <span className="text-muted">{aboutOf(line)}</span>
        </div>
        <p className="text-[13px] text-muted sm:hidden">
          {actorWord(t, line.actor, names)} · <Moment at={line.at} />
        </p>
      </Td>
      <Td className="hidden sm:table-cell">{actorWord(t, line.actor, names)}</Td>
      <Td className="hidden max-w-64 truncate font-mono text-xs text-muted lg:table-cell">{line.subject}</Td>
      <Td className="hidden w-0 text-[13px] whitespace-nowrap sm:table-cell">
        <Moment at={line.at} />
      </Td>
    </Tr>
  );
});

/** The first thing that a line says besides who and what: mostly a name. */
function aboutOf(line: Line): string {
  const said = line.about.name ?? line.about.email ?? line.about.message ?? line.about.reason ?? line.about.title;
  return typeof said === "string" ? said : "";
}

function Tail({ isPaused, fresh, onToggle }: { isPaused: boolean; fresh: number; onToggle: () => void }) {
  const t = useT();
  const state = useLiveState();
  const word = isPaused ? "activity.live.paused" : state === "lost" ? "activity.live.lost" : "activity.live";
  if (state === "off") return null;
  return (
    <div className="flex min-h-10 items-center justify-between gap-3 border-b border-line px-4 py-1.5">
      <p className="flex items-center gap-2 text-[13px] text-muted" aria-live="polite">
        <Badge tone={isPaused ? "plain" : state === "lost" ? "warn" : "good"} isLive={!isPaused && state === "live"}>
          {t(word)}
        </Badge>
        {fresh > 0 && t("activity.live.new", { count: fresh })}
      </p>
      <Button size="sm" kind="quiet" onClick={onToggle}>
        {isPaused ? <Play aria-hidden /> : <Pause aria-hidden />}
        {t(isPaused ? "activity.live.go" : "activity.live.pause")}
      </Button>
    </div>
  );
}
