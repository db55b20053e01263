import { expect, test } from "vitest";
import { legible } from "@/ui/ticks";

const at = (seconds: number) => new Date(seconds * 1000);
const minute = (tick: Date) => `02:${String(tick.getUTCMinutes()).padStart(2, "0")}`;

test("two snapshots within a minute have one label, not one for each second", () => {
  const seconds = Array.from({ length: 20 }, (_, second) => at(second));
  expect(legible(seconds, minute, (tick) => +tick / 20, 60)).toEqual([{ at: 0, text: "02:00" }]);
});

test("labels that would touch are left out, the others stay in their places", () => {
  const minutes = Array.from({ length: 5 }, (_, number) => at(number * 60));
  expect(legible(minutes, minute, (tick) => +tick / 2000, 60).map((tick) => tick.text)).toEqual(["02:00", "02:02", "02:04"]);
  expect(legible(minutes, minute, (tick) => +tick / 1000, 60)).toHaveLength(5);
});
