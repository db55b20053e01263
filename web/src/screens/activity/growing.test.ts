import { expect, test } from "vitest";
import { type Line, type Pages, withLines } from "@/screens/activity/growing";

const line = (seq: number) => ({ seq }) as Line;
const pages = (...seqs: number[]): Pages => ({
  pages: [
    { items: seqs.map(line), next: "c" },
    { items: [line(1)], next: null },
  ],
  pageParams: [undefined, "c"],
});
const shown = (found: Pages | null) => found?.pages.map((page) => page.items.map((one) => one.seq));

test("new lines stand on top, whatever their order and however often they are told", () => {
  expect(shown(withLines(pages(5, 4), [line(7), line(6), line(5)]))).toEqual([[7, 6, 5, 4], [1]]);
  expect(withLines(pages(5, 4), [line(7), line(6)])?.pages[0]?.next).toBe("c");
});

test("lines that are there already change nothing", () => {
  const known = pages(5, 4);
  expect(withLines(known, [line(5), line(4)])).toBe(known);
});

test("where a line is missing, or nothing is there yet, or the page has become long, it is to be read", () => {
  expect(withLines(pages(5, 4), [line(7)])).toBeNull();
  expect(withLines(pages(), [line(1)])).toBeNull();
  expect(withLines(pages(...Array.from({ length: 500 }, (_, at) => 600 - at)), [line(601)])).toBeNull();
});
