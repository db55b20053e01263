import { expect, test } from "vitest";
import { partOf } from "@/platform/params";

test("the part behind a name is found, decoded", () => {
  expect(partOf("/a/acc_1/sources/src_1/runs", "sources")).toBe("src_1");
  expect(partOf("/a/acc_1", "a")).toBe("acc_1");
  expect(partOf("/a/acc_1/x/gr%C3%BC%C3%9Fe%2Fdich", "x")).toBe("grüße/dich");
});

test("what is not there is null", () => {
  for (const path of ["/", "/a", "/a/", "/a/acc_1/sources", "/a/acc_1/sources/"]) expect(partOf(path, "sources")).toBeNull();
});
