import { expect, test } from "vitest";
import { differing } from "@/screens/record/differing";

test("two versions differ in the fields whose values differ, however deep, and in those that one of them lacks", () => {
  const before = { id: 1, name: "a", address: { city: "x", zip: "1" }, tags: ["a", "b"], gone: true };
  const after = { id: 1, name: "b", address: { city: "x", zip: "2" }, tags: ["b", "a"], came: null };
  expect(differing(before, after)).toEqual([
    { path: "name", before: "a", after: "b" },
    { path: "address.zip", before: "1", after: "2" },
    { path: "tags", before: ["a", "b"], after: ["b", "a"] },
    { path: "gone", before: true, after: undefined },
    { path: "came", before: undefined, after: null },
  ]);
});

test("equal versions differ in nothing, and a record that is no object as a whole", () => {
  expect(differing({ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] })).toEqual([]);
  expect(differing(1, "1")).toEqual([{ path: "", before: 1, after: "1" }]);
});
