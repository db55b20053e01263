import { afterEach, expect, test, vi } from "vitest";
import { asked, begunAt } from "@/lib/asked";

const request = (path: string, method = "GET") => new Request(`http://localhost${path}`, { method });

afterEach(() => {
  vi.unstubAllGlobals();
});

function waiting(...paths: string[]) {
  const answers = new Map(paths.map((path) => [path, Promise.resolve(new Response(path))]));
  vi.stubGlobal("window", { listbackupAsked: answers });
  return answers;
}

test("an answer that was asked for before is given once, and to the same question alone", async () => {
  waiting("/v2/runs?limit=200");
  expect(asked(request("/v2/runs?limit=20"))).toBeNull();
  expect(asked(request("/v2/runs?limit=200", "POST"))).toBeNull();
  expect(await (await asked(request("/v2/runs?limit=200")))?.text()).toBe("/v2/runs?limit=200");
  expect(asked(request("/v2/runs?limit=200"))).toBeNull();
});

test("what nobody took while the app opened is not handed to a screen that is opened later", () => {
  const answers = waiting("/v2/runs?limit=200");
  vi.stubGlobal("performance", { now: () => 21_000 });
  expect(asked(request("/v2/runs?limit=200"))).toBeNull();
  expect(answers.size).toBe(0);
});

test("when the trail's newest line was known is told once, and of its own account", () => {
  vi.stubGlobal("window", { listbackupBegun: { account: "acc_1", at: 7 } });
  expect(begunAt("acc_1")).toBe(7);
  expect(begunAt("acc_1")).toBeNull();
  vi.stubGlobal("window", { listbackupBegun: { account: "acc_1", at: 7 } });
  expect(begunAt("acc_2")).toBeNull();
});
