// @vitest-environment happy-dom
import { expect, test, vi } from "vitest";
import { Problem } from "@/lib/problem";
import { tell } from "@/ui/toast";

const SOON = { timeout: 4_000 };

test("an undo that is refused is told", async () => {
  await tell("The account is gone.", () => Promise.reject(new Problem({ detail: "It was shredded." })));
  const undo = await vi.waitFor(() => {
    const found = document.querySelector<HTMLButtonElement>("[data-sonner-toast] [data-action]");
    if (!found) throw new Error("nothing to press yet");
    return found;
  }, SOON);
  undo.click();
  await vi.waitFor(() => expect(document.body.textContent).toContain("It was shredded."), SOON);
});
