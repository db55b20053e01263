"use client";

import dynamic from "next/dynamic";
import { useContext, useEffect, useRef, useSyncExternalStore } from "react";
import { HereContext } from "@/lib/session";
import { useTakenOver } from "@/platform/params";
import { useGo } from "@/platform/router";
import { ENTRIES } from "@/screens/shell/entries";

const loadPalette = () => import("@/screens/shell/palette");
const Palette = dynamic(loadPalette, { ssr: false });
const Shortcuts = dynamic(() => import("@/screens/shell/shortcuts"), { ssr: false });

export type Shown = "palette" | "accounts" | "shortcuts";

let shown: Shown | null = null;
const watchers = new Set<() => void>();
function become(next: Shown | null) {
  shown = next;
  for (const tell of watchers) tell();
}

/** What lies over the screen: the command palette, the same with the accounts alone, the sheet of shortcuts. Loaded when first asked for. */
export const overlay = { open: (next: Shown) => become(next), close: () => become(null), prepare: () => void loadPalette() };

function useOverlay() {
  return useSyncExternalStore(
    (tell) => {
      watchers.add(tell);
      return () => {
        watchers.delete(tell);
      };
    },
    () => shown,
    () => null,
  );
}

/** "⌘K" or "Ctrl K", as this machine's keyboard has it. */
export function useShortcutName(): string {
  return useTakenOver() && /Mac|iPhone|iPad/.test(navigator.userAgent) ? "⌘K" : "Ctrl K";
}

/** The overlays, and the keys that open them or lead somewhere. */
export function Overlays() {
  const now = useOverlay();
  useKeys();
  if (now === "shortcuts") return <Shortcuts onClose={overlay.close} />;
  if (now) return <Palette page={now === "accounts" ? "accounts" : "root"} onClose={overlay.close} />;
  return null;
}

const SEQUENCE_MS = 1200; // between `g` and the next key

function useKeys() {
  const here = useContext(HereContext);
  const go = useGo();
  const led = useRef(0);
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k" && !event.shiftKey && !event.altKey) {
        event.preventDefault();
        become(shown === "palette" ? null : "palette");
        return;
      }
      if (event.metaKey || event.ctrlKey || event.altKey || isTyping(event.target)) return;
      if (event.key === "?") return become("shortcuts");
      if (event.key === "/" && here?.may("content:read")) {
        event.preventDefault();
        return go.to(here.path("/search"));
      }
      if (event.key === "g") {
        led.current = event.timeStamp;
        return;
      }
      const entry = ENTRIES.flat().find((one) => one.key === event.key);
      if (here && entry && event.timeStamp - led.current < SEQUENCE_MS && here.may(entry.needs)) {
        led.current = 0;
        go.to(here.path(entry.to));
      }
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, [here, go]);
}

const isTyping = (target: EventTarget | null) =>
  target instanceof HTMLElement &&
  (target.closest("input,textarea,select,[contenteditable],[role=dialog],[role=menu],[role=grid],[role=slider]") !== null ||
    document.querySelector("[role=dialog]") !== null);
