import { expect, test } from "vitest";
import type { Shape } from "@/lib/api";
import { comparedOf } from "@/lib/compared";

const line = (about: Shape["Activity"]["about"]): Shape["Activity"] => ({
  seq: 1,
  event: "evt_1",
  at: "2026-01-05T06:00:00Z",
  actor: "usr_1",
  action: "account:snapshot:verified",
  subject: "src_1",
  about,
  previous: "",
  hash: "",
});

test("a line of the trail tells which snapshot was compared, and how it went", () => {
  expect(comparedOf([line({ snapshot: "snp_1", good: true, sampled: 20 })])).toEqual([
    { source: "src_1", snapshot: "snp_1", at: "2026-01-05T06:00:00Z", actor: "usr_1", good: true, sampled: 20 },
  ]);
});

test("a line that does not tell it is left out", () => expect(comparedOf([line({ snapshot: "snp_1" })])).toEqual([]));
