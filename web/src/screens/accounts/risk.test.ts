import { describe, expect, test } from "vitest";
import type { Guarded } from "@/screens/accounts/queries";
import { reasons, worstFirst } from "@/screens/accounts/risk";

const well: Guarded = {
  account: "acc_1",
  name: "Well",
  parent: null,
  state: "active",
  verdict: "protected",
  sources: 2,
  late: 0,
  never: 0,
  incomplete: 0,
  unscheduled: 0,
  oldest_at: "2026-11-21T03:00:00Z",
  late_since: null,
  connections: 1,
  attention: 0,
  records: 10,
  stored_bytes: 100,
  measured_at: "2026-11-21T04:00:00Z",
};
const one = (name: string, changes: Partial<Guarded>): Guarded => ({ ...well, name, ...changes });

describe("the risk list", () => {
  test("begins with whose target passed longest ago and ends with what is well", () => {
    const empty = one("Empty", { verdict: "empty", sources: 0 });
    const late = one("Late", { verdict: "unprotected", late: 1, late_since: "2026-11-20T00:00:00Z" });
    const later = one("Later", { verdict: "unprotected", late: 1, late_since: "2026-11-19T00:00:00Z" });
    const never = one("Never", { verdict: "unprotected", never: 1 });
    const warned = one("Warned", { verdict: "attention", attention: 1 });
    const names = [well, empty, warned, never, late, later].sort(worstFirst).map((found) => found.name);
    expect(names).toEqual(["Later", "Late", "Never", "Warned", "Empty", "Well"]);
  });

  test("orders those that stand alike by name", () => {
    expect([one("B", {}), one("A", {})].sort(worstFirst).map((found) => found.name)).toEqual(["A", "B"]);
  });

  test("says the gravest reason first, and none of who is well", () => {
    const found = reasons(one("Bad", { verdict: "unprotected", late: 2, never: 1, attention: 3 }));
    expect(found.map((why) => why.key)).toEqual(["accounts.why.never", "accounts.why.late", "accounts.why.attention"]);
    expect(reasons(well)).toEqual([]);
  });

  test("tells apart what is connected without sources and what is not connected at all", () => {
    expect(reasons(one("A", { sources: 0 })).map((why) => why.key)).toEqual(["accounts.why.no_sources"]);
    expect(reasons(one("B", { sources: 0, connections: 0 })).map((why) => why.key)).toEqual(["accounts.why.nothing"]);
  });
});
