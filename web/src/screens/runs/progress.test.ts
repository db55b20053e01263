import { expect, test } from "vitest";
import type { Shape } from "@/lib/api";
import { leftOf, shareOfRun, withWord } from "@/screens/runs/progress";

const NOW = Date.UTC(2026, 10, 21, 12);
const stream = (name: string, more: Partial<Shape["StreamProgress"]>): Shape["StreamProgress"] => ({ stream: name, ...more });
const run = (streams: Shape["StreamProgress"][], more: Partial<Shape["RunShown"]> = {}) =>
  ({
    started_at: new Date(NOW - 10_000).toISOString(),
    ended_at: null,
    state: "running",
    full: true,
    calls: 1,
    received_bytes: 0,
    records: streams.reduce((sum, one) => sum + (one.records ?? 0), 0),
    streams,
    ...more,
  }) as Shape["RunShown"];
const nothing = new Map<string, number>();

test("what is left is said by the pace so far where every open stream has said its size", () => {
  const all = [stream("contacts", { state: "reading", records: 100, total: 300 })];
  expect(leftOf(run(all), nothing, NOW)).toEqual({ seconds: 20, by: "said" });
});

test("a stream that waits is judged by the last snapshot, and the estimate says so", () => {
  const all = [stream("contacts", { state: "complete", records: 100 }), stream("deals", { state: "waiting" })];
  expect(leftOf(run(all), new Map([["deals", 50]]), NOW)).toEqual({ seconds: 5, by: "guess" });
});

test("where nobody knows how much there is, no time is made up", () => {
  const waiting = stream("notes", { state: "waiting" });
  const all = [stream("contacts", { state: "reading", records: 100, total: 300 }), waiting];
  expect(leftOf(run(all), nothing, NOW)).toEqual({ seconds: 20, by: "stream", stream: "contacts" });
  expect(leftOf(run([stream("contacts", { state: "reading", records: 100 }), waiting]), nothing, NOW)).toEqual({
    unknown: ["contacts", "notes"],
  });
});

test("how far a run is goes by records where sizes are known, and by streams where not", () => {
  const half = [stream("a", { state: "complete", records: 50 }), stream("b", { state: "reading", records: 0, total: 50 })];
  expect(shareOfRun(half)).toBe(0.5);
  expect(shareOfRun([stream("a", { state: "complete", records: 5 }), stream("b", { state: "waiting" })])).toBe(0.5);
});

test("a word about a run never turns a figure back", () => {
  const read = run([stream("contacts", { state: "reading", records: 100 })]);
  const old = { stream: "contacts", state: "reading", total: null, records: 50, added: 0, changed: 0, gone: 0, attachments: 0 };
  const word = { subject: "run_1", source: "src_1", job: null, attempt: 1, records: 50, received_bytes: 0, calls: 1 };
  const laid = withWord(read, { ...word, streams: [{ ...old, received_bytes: 0, problems: 0 }] });
  expect([laid.records, laid.streams[0]?.records]).toEqual([100, 100]);
});
