import type { Shape } from "@/lib/api";
import type { RunProgress } from "@/lib/live";

export type Stream = Shape["StreamProgress"];

/** A run with the newest word about it laid over what was read. */
export function withWord(run: Shape["RunShown"], word: RunProgress | null): Shape["RunShown"] {
  if (!word || run.ended_at) return run;
  const said = new Map(word.streams.map((stream) => [stream.stream, stream]));
  const streams = run.streams.map((stream) => {
    const newer = said.get(stream.stream);
    if (!newer || newer.records < (stream.records ?? 0)) return stream;
    said.delete(stream.stream);
    const { records, total, added, changed, gone, attachments, received_bytes } = newer;
    return { ...stream, records, total, added, changed, gone, attachments, received_bytes, state: newer.state as Stream["state"] };
  });
  const fresh =
    run.streams.length === 0 ? word.streams.map((stream) => ({ ...stream, state: stream.state as Stream["state"], problems: [] })) : [];
  const records = Math.max(run.records, word.records);
  return {
    ...run,
    state: run.state === "queued" ? "running" : run.state,
    streams: [...streams, ...fresh],
    records,
    calls: Math.max(run.calls, word.calls),
    received_bytes: Math.max(run.received_bytes, word.received_bytes),
  };
}

/** How much of one stream is read, 0 to 1; null while nobody knows how much there is. */
export function shareOf(stream: Stream): number | null {
  if (stream.state === "complete" || stream.state === "partial" || stream.state === "failed") return 1;
  if (stream.state === "waiting") return 0;
  return stream.total ? Math.min(1, (stream.records ?? 0) / stream.total) : null;
}

/** How far the whole run is: each stream counts by its records where all that is open have said how many there are, else alike. */
export function shareOfRun(streams: readonly Stream[]): number | null {
  if (streams.length === 0) return null;
  const sizes = streams.map((stream) => (isEnded(stream) ? (stream.records ?? 0) : stream.total));
  if (sizes.every((size): size is number => typeof size === "number")) {
    const whole = sizes.reduce((sum, size) => sum + size, 0);
    const done = streams.reduce((sum, stream) => sum + Math.min(stream.records ?? 0, stream.total ?? stream.records ?? 0), 0);
    return whole === 0 ? null : done / whole;
  }
  return streams.reduce((sum, stream) => sum + (shareOf(stream) ?? 0.5), 0) / streams.length;
}

export type Left = { seconds: number; by: "said" | "guess" } | { seconds: number; by: "stream"; stream: string } | { unknown: string[] };

/** How long it may still take [s] by the pace so far, and what that rests on: what the platform said, what the last snapshot holds (for streams that are
 * listed whole), or the one stream that is being read; else the streams that keep it from being said. */
export function leftOf(run: Shape["RunShown"], before: ReadonlyMap<string, number>, now: number): Left | null {
  if (!run.started_at || run.records < 1) return null;
  const elapsed = (now - new Date(run.started_at).getTime()) / 1000;
  if (elapsed < 2) return null;
  const pace = run.records / elapsed;
  const open = run.streams.filter((stream) => !isEnded(stream));
  const isWhole = (stream: Stream) => run.full || stream.mode === "full";
  const sizes = open.map((stream) => stream.total ?? (isWhole(stream) ? before.get(stream.stream) : undefined));
  const left = open.reduce((sum, stream, at) => sum + Math.max(0, (sizes[at] ?? 0) - (stream.records ?? 0)), 0);
  if (sizes.every((size) => size !== undefined))
    return left === 0 ? null : { seconds: left / pace, by: open.every((stream) => stream.total) ? "said" : "guess" };
  const reading = open.find((stream) => stream.state === "reading" && stream.total);
  if (reading) return { seconds: Math.max(0, (reading.total ?? 0) - (reading.records ?? 0)) / pace, by: "stream", stream: reading.stream };
  return { unknown: open.filter((_, at) => sizes[at] === undefined).map((stream) => stream.stream) };
}

export const isEnded = (stream: Stream) => stream.state === "complete" || stream.state === "partial" || stream.state === "failed";
