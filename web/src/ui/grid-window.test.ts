import { expect, test } from "vitest";
import { ROW, scaleOf, windowAt } from "@/ui/grid-window";

test("whatever is scrolled to, the rows that are seen and some beyond both edges are there", () => {
  const [view, count] = [525, 120_000];
  for (let offset = 0; offset < 40_000; offset += 7) {
    const { first, end } = windowAt(offset, view, count);
    expect(first === 0 || first * ROW <= offset - 6 * ROW).toBe(true);
    expect(end * ROW).toBeGreaterThanOrEqual(offset + view + 6 * ROW);
  }
});

test("there are as many elements everywhere, and fewer than sixty", () => {
  const sizes = new Set(Array.from({ length: 3000 }, (_, at) => windowAt(at * 13, 1100, 120_000).size));
  expect([...sizes]).toEqual([52]);
});

test("at the top of a list there are no rows for a scroll that nobody has begun", () => {
  expect(windowAt(0, 309, 120_000)).toEqual({ first: 0, end: 16, size: 28 });
  expect(windowAt(15 * ROW, 309, 120_000)).toEqual({ first: 8, end: 36, size: 28 });
});

test("most of the frames of a scroll ask for nothing new", () => {
  let changes = 0;
  for (let frame = 1; frame <= 120; frame++)
    if (windowAt(frame * 40, 525, 120_000).end !== windowAt((frame - 1) * 40, 525, 120_000).end) changes += 1;
  expect(changes).toBeLessThan(40);
});

test("a list that is shorter than the screen begins at its first row", () => {
  expect(windowAt(0, 525, 3)).toMatchObject({ first: 0, end: 3 });
  expect(windowAt(0, 525, 0)).toMatchObject({ first: 0, end: 0 });
});

test("a million rows are scrolled in proportion, a hundred thousand are not", () => {
  expect(scaleOf(100_000, 525)).toEqual({ height: 3_400_000, ratio: 1 });
  const { height, ratio } = scaleOf(1_000_000, 525);
  expect(height).toBe(12_000_000);
  expect((height - 525) * ratio).toBeCloseTo(1_000_000 * ROW - 525);
});
