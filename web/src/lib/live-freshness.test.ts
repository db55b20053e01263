import { expect, test, vi } from "vitest";
import { Freshness, staleBy } from "@/lib/live-freshness";
import type { LiveEvent } from "@/lib/live-stream";

const said = (...names: string[]): LiveEvent[] => names.map((event) => ({ id: 1, event, data: { subject: "x" } }));

test("a run that ends makes its source stale, one that begins does not", () => {
  expect(staleBy(said("run.succeeded"))?.has("/v2/sources")).toBe(true);
  expect(staleBy(said("run.queued"))?.has("/v2/sources")).toBe(false);
  expect(staleBy(said("run.progress"))).toEqual(new Set());
  expect(staleBy(said("content.viewed"))).toEqual(new Set(["/v2/activity"]));
});

test("after a gap everything is stale", () => expect(staleBy(said("run.queued", "live.gap"))).toBeNull());

test("many events are few readings, and the last one is not forgotten", () => {
  vi.useFakeTimers({ now: 1_000_000 });
  const asked: unknown[] = [];
  const freshness = new Freshness({ invalidateQueries: async (filter) => void asked.push(filter) });
  for (let time = 0; time < 200; time++) freshness.take(said("source.changed"));
  expect(asked).toHaveLength(1);
  vi.advanceTimersByTime(500);
  expect(asked).toHaveLength(2);
  vi.advanceTimersByTime(5000);
  expect(asked).toHaveLength(2);
  vi.useRealTimers();
});

test("only what an event concerns is read again", () => {
  let predicate: ((query: never) => boolean) | undefined;
  const freshness = new Freshness({
    invalidateQueries: async (filter) => {
      predicate = filter?.predicate as typeof predicate;
    },
  });
  freshness.take(said("export.made"));
  const isRead = (address: unknown) => predicate?.({ queryKey: ["get", address] } as never);
  expect(["/v2/exports", "/v2/exports/{export}", "/v2/activity", "/v2/exportsurplus", "/v2/sources", undefined].map(isRead)).toEqual([
    true,
    true,
    true,
    false,
    false,
    false,
  ]);
});
