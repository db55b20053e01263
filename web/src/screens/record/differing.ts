import type { Json } from "@/screens/snapshots/values";

export type Difference = { path: string; before: Json | undefined; after: Json | undefined };

const isTree = (value: Json | undefined): value is { [name: string]: Json } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The fields in which two versions differ, down to plain values and lists. A side that does not exist is undefined. */
export function differing(before: unknown, after: unknown, path = ""): Difference[] {
  const one = before as Json | undefined;
  const other = after as Json | undefined;
  if (isTree(one) && isTree(other)) {
    const names = [...new Set([...Object.keys(one), ...Object.keys(other)])];
    return names.flatMap((name) => differing(one[name], other[name], path ? `${path}.${name}` : name));
  }
  return JSON.stringify(one) === JSON.stringify(other) ? [] : [{ path, before: one, after: other }];
}
