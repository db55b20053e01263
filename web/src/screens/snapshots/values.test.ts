import { expect, test } from "vitest";
import { fieldsOf, keyFieldOf, lineOf, titleOf, valueAt } from "@/screens/snapshots/values";

test("columns are the fields of the records and of the objects one level below, without names that a path cannot say", () => {
  const records = [
    { id: 1, "a.b": 2, address: { city: "x", "p,q": 1 }, tags: [] },
    { id: 22, late: "y", address: {} },
  ];
  expect(fieldsOf(records).map((field) => field.path)).toEqual(["id", "address.city", "tags", "late", "address"]);
  expect(fieldsOf(records)[0]).toEqual({ path: "id", isNumber: true, longest: 2 });
});

test("the field that only repeats the key is known by the records themselves", () => {
  const rows = (...records: unknown[]) => records.map((record, at) => ({ key: String(at), record }));
  expect(keyFieldOf(rows({ n: 7, id: 0, also: "0" }, { n: 7, id: 1, also: "1" }))).toBe("id");
  expect(keyFieldOf(rows({ id: 0 }, { id: 5 }))).toBeNull();
  expect(keyFieldOf(rows("a", "b"))).toBeNull();
  expect(keyFieldOf([])).toBeNull();
});

test("a value is found by its path, and nothing where a part of it is missing", () => {
  expect(valueAt({ a: { b: 0 } }, "a.b")).toBe(0);
  expect(valueAt({ a: [1] }, "a.0")).toBeUndefined();
  expect(valueAt(null, "a")).toBeUndefined();
});

test("a cell is one line, cut where it is long", () => {
  expect([lineOf(null), lineOf(""), lineOf(false), lineOf([1]), lineOf("x".repeat(400))?.length]).toEqual([
    null,
    null,
    "false",
    "[1]",
    301,
  ]);
});

test("a record is called what people call it, else by its key", () => {
  expect(titleOf({ first_name: "Ada", last_name: "L" }, "7")).toBe("Ada L");
  expect(titleOf({ title: { rendered: "Hello" } }, "7")).toBe("Hello");
  expect(titleOf({ id: 7 }, "7")).toBe("7");
});
