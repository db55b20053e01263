import { expect, test } from "vitest";
import { allPages } from "@/lib/all-pages";

const pages: Record<string, { items: number[]; next: string | null }> = {
  "": { items: [1, 2], next: "a" },
  a: { items: [3], next: "b" },
  b: { items: [4], next: null },
};
const read = (cursor: string | undefined) => Promise.resolve(pages[cursor ?? ""]);

test("every page is read, in order", async () => {
  expect(await allPages(read)).toEqual({ items: [1, 2, 3, 4], isWhole: true });
});

test("it stops where there are more than are wanted, and says so", async () => {
  expect(await allPages(read, 3)).toEqual({ items: [1, 2, 3], isWhole: false });
});
