import { expect, test } from "vitest";
import { momentOf } from "@/lib/when";

const NOW = new Date(2026, 10, 21, 15, 30, 10);
const at = (year: number, month: number, day: number, hours = 0, minutes = 0, seconds = 0) =>
  new Date(year, month, day, hours, minutes, seconds);

test.each([
  ["14:30", at(2026, 10, 21, 14, 30)],
  ["yesterday", at(2026, 10, 20, 23, 59, 59)],
  ["gestern 9:05", at(2026, 10, 20, 9, 5)],
  ["vorgestern 9:05 Uhr", at(2026, 10, 19, 9, 5)],
  ["3 days ago", at(2026, 10, 18, 15, 30, 10)],
  ["vor 2 Stunden", at(2026, 10, 21, 13, 30, 10)],
  ["-15m", at(2026, 10, 21, 15, 15, 10)],
  ["2026-11-20", at(2026, 10, 20, 23, 59, 59)],
  ["2026-11-20 14:00", at(2026, 10, 20, 14, 0)],
  ["20.11.2026, 14:00", at(2026, 10, 20, 14, 0)],
  ["20.11.", at(2026, 10, 20, 23, 59, 59)],
  ["today", NOW], // its end is yet to come
])("%s is understood", (typed, moment) => expect(momentOf(typed, NOW)).toEqual(moment));

test.each(["", "soon", "2026-13-01", "31.02.2026", "25:00", "2030-01-01", "3 apples ago", "12:75"])("%j is not", (typed) =>
  expect(momentOf(typed, NOW)).toBeNull(),
);
