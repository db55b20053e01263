import { useSyncExternalStore } from "react";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const KEPT = "listbackup.theme"; // read by public/start.js before the first paint
const listeners = new Set<() => void>();

export function theme(): Theme {
  const kept = localStorage.getItem(KEPT);
  return kept === "light" || kept === "dark" ? kept : "system";
}

/** Whether a theme was ever chosen on this device. */
export const isThemeChosen = () => localStorage.getItem(KEPT) !== null;

/** Shows a theme and remembers it on this device. */
export function show(wanted: Theme) {
  localStorage.setItem(KEPT, wanted);
  if (wanted === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = wanted;
  for (const tell of listeners) tell();
}

export function useTheme(): Theme {
  return useSyncExternalStore(
    (tell) => {
      listeners.add(tell);
      return () => {
        listeners.delete(tell);
      };
    },
    theme,
    () => "system",
  );
}
