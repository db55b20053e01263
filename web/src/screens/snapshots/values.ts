import { language } from "@/lib/i18n";

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** A value as one line of text; null where there is nothing to show. */
export function lineOf(value: Json | undefined): string | null {
  if (value === null || value === undefined || value === "") return null;
  if (typeof value === "string") return value.length > 300 ? `${value.slice(0, 300)}…` : value;
  if (typeof value === "object") {
    const text = JSON.stringify(value);
    return text.length > 300 ? `${text.slice(0, 300)}…` : text;
  }
  return String(value);
}

export function valueAt(record: unknown, path: string): Json | undefined {
  let at = record as Json | undefined;
  for (const part of path.split(".")) {
    if (at === null || typeof at !== "object" || Array.isArray(at)) return undefined;
    at = at[part];
  }
  return at;
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

/** The fields of some records, in the order in which they come; those of objects one level below too. A name that the API's paths cannot say is left out. */
export function fieldsOf(records: readonly unknown[]): { path: string; isNumber: boolean; longest: number }[] {
  const found = new Map<string, { path: string; isNumber: boolean; longest: number }>();
  const note = (path: string, value: unknown) => {
    const known = found.get(path) ?? { path, isNumber: true, longest: 0 };
    if (value !== null && value !== undefined) {
      known.isNumber &&= typeof value === "number";
      known.longest = Math.max(known.longest, (lineOf(value as Json) ?? "").length);
    }
    found.set(path, known);
  };
  for (const record of records) {
    if (!isObject(record)) continue;
    for (const [name, value] of Object.entries(record)) {
      if (/[.,]/.test(name)) continue;
      if (isObject(value) && Object.keys(value).length > 0)
        for (const [below, inner] of Object.entries(value)) /[.,]/.test(below) || note(`${name}.${below}`, inner);
      else note(name, value);
    }
  }
  return [...found.values()].map((field) => ({ ...field, isNumber: field.isNumber && field.longest > 0 }));
}

/** The first field that says the key of every one of these records; null where none does. */
export function keyFieldOf(rows: readonly { key: string; record: unknown }[]): string | null {
  const [first] = rows;
  const says = (row: { key: string; record: unknown }, name: string) =>
    isObject(row.record) && lineOf(row.record[name] as Json) === row.key;
  const names = first && isObject(first.record) ? Object.keys(first.record) : [];
  return names.find((name) => rows.every((row) => says(row, name))) ?? null;
}

const TITLES = ["name", "title", "subject", "display_name", "full_name", "label", "email", "filename", "slug"];

/** What people would call this record, as far as its fields tell. */
export function titleOf(record: unknown, otherwise: string): string {
  if (!isObject(record)) return otherwise;
  const first = record.first_name ?? record.firstname;
  const last = record.last_name ?? record.lastname;
  if (typeof first === "string" || typeof last === "string")
    return [first, last].filter((part) => typeof part === "string" && part).join(" ") || otherwise;
  for (const name of TITLES) {
    const value = record[name];
    if (typeof value === "string" && value) return value.slice(0, 120);
    if (isObject(value) && typeof value.rendered === "string" && value.rendered) return value.rendered.slice(0, 120);
  }
  return otherwise;
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/;
export const isInstant = (value: Json | undefined): value is string => typeof value === "string" && INSTANT.test(value);

/** Only for order on a screen. */
export const byName = (one: string, other: string) => one.localeCompare(other, language());
