import { expect, test } from "vitest";
import { counterpart, ENTRIES } from "@/screens/shell/entries";
import { factorOf } from "@/screens/shell/factor-of";

test("another account is entered at the same screen, and never at a thing of this account", () => {
  const from = ["/a/acc_1", "/a/acc_1/sources", "/a/acc_1/sources/src_1/runs", "/a/acc_1/start", "/me/profile", "/"];
  expect(from.map((path) => counterpart(path, "acc_2"))).toEqual([
    "/a/acc_2",
    "/a/acc_2/sources",
    "/a/acc_2/sources",
    "/a/acc_2",
    "/a/acc_2",
    "/a/acc_2",
  ]);
});

test("no key leads to two screens", () => {
  const keys = ENTRIES.flat().map((entry) => entry.key);
  expect(new Set(keys).size).toBe(keys.length);
});

test("six digits are a one-time code, everything else a recovery code", () => {
  expect(factorOf("123 456")).toEqual({ factor: "totp", code: "123456" });
  expect(factorOf("abcd-1234")).toEqual({ factor: "recovery_code", code: "abcd-1234" });
});
