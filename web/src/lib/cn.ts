import { type ClassValue, clsx } from "clsx";

/** Class names. Of two that contradict each other neither is sure to win: a component takes names from outside for its place (margin, width, span),
 * never for its look. Resolving contradictions at run time would cost each page 8 KiB. */
export const cn = (...names: ClassValue[]) => clsx(names);
