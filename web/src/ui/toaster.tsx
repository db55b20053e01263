"use client";

import { flushSync } from "react-dom";
import { createRoot } from "react-dom/client";
import { Toaster, toast } from "sonner";
import { useTheme } from "@/lib/theme";

// sonner's stylesheet comes by a style element; the policy allows styles inline, scripts never.
let isThere = false;
function ensureThere() {
  if (isThere) return;
  isThere = true;
  const place = document.createElement("div");
  document.body.append(place);
  const root = createRoot(place);
  flushSync(() => root.render(<Toasts />)); // at once: sonner forgets what is said before it listens
}

function Toasts() {
  return <Toaster position="bottom-right" closeButton theme={useTheme()} toastOptions={{ duration: 6000 }} />;
}

export function show(text: string, action?: { label: string; act: () => void }) {
  ensureThere();
  toast(text, action ? { action: { label: action.label, onClick: action.act }, duration: 10_000 } : undefined);
}

export function showFailure(text: string) {
  ensureThere();
  toast.error(text, { duration: 12_000 });
}
