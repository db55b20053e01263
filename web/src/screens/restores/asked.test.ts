// @vitest-environment happy-dom
import { beforeEach, expect, test } from "vitest";
import { askedOf, bodyOf, pathOfRestore } from "@/screens/restores/asked";

const back = (path: string) => askedOf(new URLSearchParams(path.split("?")[1]));
beforeEach(() => sessionStorage.clear());

test("what is to be restored is found again in the address", () => {
  const keys = { contacts: ["7", "a b,c"], "two words": ["x"] };
  expect(back(pathOfRestore({ source: "src_1", snapshot: "snp_1", keys }))?.keys).toEqual(keys);
  expect(back(pathOfRestore({ source: "src_1", snapshot: "snp_1", streams: ["deals", "notes"] }))).toEqual({
    source: "src_1",
    snapshot: "snp_1",
    streams: ["deals", "notes"],
    keys: undefined,
  });
});

test("many keys stay in the tab's memory, and without it the choice is lost rather than widened to everything", () => {
  const keys = { contacts: Array.from({ length: 500 }, (_, index) => String(index)) };
  const path = pathOfRestore({ source: "src_1", snapshot: "snp_1", keys });
  expect(path.length).toBeLessThan(200);
  expect(back(path)?.keys).toEqual(keys);
  sessionStorage.clear();
  expect(back(path)).toBeNull();
});

test("records alone are asked for without whole streams", () => {
  expect(bodyOf({ source: "src_1", snapshot: "snp_1", keys: { contacts: ["7"] } }, true)).toEqual({
    snapshot: "snp_1",
    streams: null,
    keys: { contacts: ["7"] },
    overwrite: true,
  });
});
