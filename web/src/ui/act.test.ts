// @vitest-environment happy-dom
import { createElement, type FormEvent, act as settle } from "react";
import { createRoot } from "react-dom/client";
import { expect, test, vi } from "vitest";
import { Problem } from "@/lib/problem";
import { useAct } from "@/ui/act";

const settling = (isSettling: boolean) => Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: isSettling });
settling(true);
const SOON = { timeout: 4_000 }; // the words are loaded with the first one

type Given = ReturnType<typeof useAct>;

function Screen({ onRender }: { onRender: (given: Given) => void }) {
  onRender(useAct());
  return null;
}

/** The hook on a screen: `now()` is what it gives at this moment. */
async function shown(): Promise<() => Given> {
  const given: Given[] = [];
  const screen = createElement(Screen, { onRender: (one) => void given.push(one) });
  await settle(async () => createRoot(document.createElement("div")).render(screen));
  return () => given.at(-1) as Given;
}

const refusal = () => Promise.reject(new Problem({ detail: "taken", fields: [{ pointer: "/name", message: "taken" }] }));

test("it is busy from the press until the answer, and hands on what it was pressed with", async () => {
  const now = await shown();
  let answer: (said: string) => void = () => {};
  const asked = vi.fn((_: string) => new Promise<string>((resolve) => (answer = resolve)));
  const press = now().act(asked);
  const ends: Promise<void>[] = [];
  await settle(async () => void ends.push(press("rst_1")));
  expect(now().isBusy).toBe(true);
  await settle(async () => {
    answer("done");
    await ends[0];
  });
  expect(now().isBusy).toBe(false);
  expect(asked.mock.calls).toEqual([["rst_1"]]);
});

test("what is refused is told, and the screen can be used again", async () => {
  const now = await shown();
  settling(false); // the words come by themselves, as in a browser
  await now().act(() => Promise.reject(new Problem({ detail: "The platform does not answer." })))();
  await vi.waitFor(() => expect(document.body.textContent).toContain("The platform does not answer."), SOON);
  await vi.waitFor(() => expect([now().isBusy, now().problem]).toEqual([false, null]), SOON);
  settling(true);
});

test("a form keeps a refusal for its fields until the next try, and does not leave the page", async () => {
  const now = await shown();
  const stay = vi.fn();
  await settle(async () => now().submit(refusal)({ preventDefault: stay } as unknown as FormEvent));
  expect([stay.mock.calls.length, now().isBusy, now().problem?.of("/name")]).toEqual([1, false, "taken"]);
  await settle(async () => now().submit(() => Promise.resolve())());
  expect(now().problem).toBeNull();
});

test("a step-up that was closed is no refusal", async () => {
  const now = await shown();
  await settle(async () => now().submit(() => Promise.reject(new Problem({ code: "step_up_required" })))());
  expect([now().isBusy, now().problem]).toEqual([false, null]);
});
