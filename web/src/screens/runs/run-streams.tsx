"use client";

import type { Shape } from "@/lib/api";
import { count } from "@/lib/format";
import { useT } from "@/lib/i18n";
import { type Stream, shareOf } from "@/screens/runs/progress";
import { Badge, type Tone } from "@/ui/badge";
import { Section } from "@/ui/card";
import { Progress } from "@/ui/progress";
import { Table, Td, Th, Tr } from "@/ui/table";

const TONES: Record<NonNullable<Stream["state"]>, Tone> = {
  waiting: "plain",
  reading: "accent",
  complete: "good",
  partial: "warn",
  failed: "bad",
};

/** How far each stream of a run is, and what was new in it. */
export function RunStreams({ run }: { run: Shape["RunShown"] }) {
  const t = useT();
  const numbers = ["added", "changed", "unchanged", "gone", "files", "calls"] as const;
  return (
    <Section title={t("runs.streams")} isFlush>
      <Table
        label={t("runs.streams")}
        head={
          <>
            <Th>{t("runs.stream.name")}</Th>
            <Th>{t("runs.stream.state")}</Th>
            <Th className="text-right">{t("runs.stream.read")}</Th>
            {numbers.map((name) => (
              <Th key={name} className="text-right">
                {t(`runs.stream.${name}`)}
              </Th>
            ))}
          </>
        }
      >
        {run.streams.map((stream) => (
          <Row key={stream.stream} stream={stream} isOver={run.ended_at !== null} />
        ))}
      </Table>
    </Section>
  );
}

function Row({ stream, isOver }: { stream: Stream; isOver: boolean }) {
  const t = useT();
  const state = stream.state ?? "waiting";
  const share = shareOf(stream);
  const problems = stream.problem_count ?? 0;
  const figures = [stream.added, stream.changed, stream.unchanged, stream.gone, stream.attachments, stream.calls];
  return (
    <Tr>
      <Td className="min-w-32">
        <span className="font-medium">{stream.stream}</span>
        {stream.mode && <span className="block text-[13px] text-muted">{t(`runs.stream.${stream.mode}`)}</span>}
      </Td>
      <Td className="min-w-28">
        {isOver && (state === "reading" || state === "waiting") ? (
          <Badge>{t(state === "reading" ? "runs.stream.stopped" : "runs.stream.unread")}</Badge>
        ) : (
          <Badge tone={TONES[state]} isLive={state === "reading"}>
            {t(`runs.stream.${state}`)}
          </Badge>
        )}
        {problems > 0 && <span className="mt-0.5 block text-[13px] text-warn">{t("runs.stream.problems", { count: problems })}</span>}
        {state === "reading" && !isOver && (
          <div className="mt-1.5 w-24">
            <Progress share={share} label={t("runs.progress.of", { stream: stream.stream })} />
          </div>
        )}
      </Td>
      <Td className="text-right whitespace-nowrap tabular-nums">
        {count(stream.records ?? 0)}
        {stream.total !== null && stream.total !== undefined && state === "reading" && (
          <span className="block text-[13px] text-muted">{t("runs.stream.of", { total: count(stream.total) })}</span>
        )}
      </Td>
      {figures.map((figure, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: columns never move
        <Td key={at} className={figure ? "text-right tabular-nums" : "text-right text-muted tabular-nums"}>
          {count(figure ?? 0)}
        </Td>
      ))}
    </Tr>
  );
}
