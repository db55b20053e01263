import { expect, test } from "vitest";
import type { Shape } from "@/lib/api";
import { byRisk, isWithin, standingOf } from "@/screens/sources/standing";

const HOUR = 3_600_000;
const NOW = Date.UTC(2026, 10, 21, 12);
const source = { id: "src_1", name: "CRM", connection: "con_1", created_at: at(-100) } as Shape["Source"];
const job = { id: "job_1", source: "src_1", timetable: { every: "PT60M" }, paused: false } as Shape["Job"];
const known = { connections: [], jobs: [job], runs: [] };

function at(hours: number): string {
  return new Date(NOW + hours * HOUR).toISOString();
}
const snapshot = (hours: number, more: Partial<Shape["SnapshotShown"]> = {}) =>
  ({ id: "snp_1", source: "src_1", at: at(hours), kind: "full", suspect: false, expired_at: null, ...more }) as Shape["SnapshotShown"];
const stateOf = (snapshots: Shape["SnapshotShown"][], more = known) => standingOf(source, snapshots, more, NOW).state;

test("a snapshot is good until the next is due and half an interval more", () => {
  expect(stateOf([snapshot(-1)])).toBe("good");
  expect(stateOf([snapshot(-1.6)])).toBe("late");
});

test("without a schedule the target is a day, and with a paused one too", () => {
  expect(stateOf([snapshot(-23)], { ...known, jobs: [] })).toBe("byhand");
  expect(stateOf([snapshot(-25)], { ...known, jobs: [{ ...job, paused: true }] })).toBe("late");
});

test("a broken connection and a snapshot that lacks something endanger a source that is within its target", () => {
  const broken = { id: "con_1", state: "needs_reauth" } as Shape["Connection"];
  expect(stateOf([snapshot(-1)], { ...known, connections: [broken] as never })).toBe("broken");
  expect(stateOf([snapshot(-1, { kind: "partial" })])).toBe("incomplete");
  expect(stateOf([snapshot(-1, { suspect: true })])).toBe("incomplete");
});

test("only what is whole and in time counts as within its target", () => {
  const isIn = (one: Shape["SnapshotShown"][]) => isWithin(standingOf(source, one, known, NOW));
  expect([[snapshot(-1)], [snapshot(-1, { kind: "partial" })], [snapshot(-9)], []].map(isIn)).toEqual([true, false, false, false]);
});

test("what is in the trash is no snapshot, and a first run is told from none", () => {
  expect(stateOf([snapshot(-1, { expired_at: at(-1) })])).toBe("never");
  const run = { id: "run_1", source: "src_1", state: "running" } as Shape["RunShown"];
  expect(stateOf([], { ...known, runs: [run] as never })).toBe("first");
});

test("a source whose snapshots could not be read is not called one without a snapshot, nor protected", () => {
  const unread = standingOf(source, null, known, NOW);
  expect([unread.state, isWithin(unread)]).toEqual(["unread", false]);
});

test("the most endangered comes first", () => {
  const good = standingOf(source, [snapshot(-1)], known, NOW);
  const never = standingOf(source, [], known, NOW);
  const late = standingOf(source, [snapshot(-9)], known, NOW);
  expect([good, late, never].sort(byRisk)).toEqual([never, late, good]);
});
