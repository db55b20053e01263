import { expect, test, vi } from "vitest";
import { inRounds } from "@/lib/rounds";

test("the first is told at once, what comes soon after it is told together, and nothing is forgotten", () => {
  vi.useFakeTimers({ now: 1_000_000 });
  const gather = inRounds(40);
  const told: string[] = [];
  gather(() => told.push("first"));
  vi.advanceTimersByTime(0);
  expect(told).toEqual(["first"]);
  gather(() => told.push("second"));
  gather(() => told.push("third"));
  vi.advanceTimersByTime(39);
  expect(told).toEqual(["first"]);
  vi.advanceTimersByTime(1);
  expect(told).toEqual(["first", "second", "third"]);
  vi.advanceTimersByTime(500);
  gather(() => told.push("later"));
  vi.advanceTimersByTime(0);
  expect(told.at(-1)).toBe("later");
  vi.useRealTimers();
});
