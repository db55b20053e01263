import type { Shape } from "@/lib/api";
import { minutesAsDuration, secondsOf } from "@/lib/duration";
import { cronOf, isZone, nextAfter } from "@/lib/schedule";

/** A timetable while somebody writes it. */
export type Draft = {
  kind: "every" | "daily" | "cron";
  every: string;
  unit: "minutes" | "hours";
  time: string;
  /** 0 is Monday. */
  days: readonly number[];
  cron: string;
  zone: string;
  quiet: readonly Required<Shape["QuietIn"]>[];
};

export const EVERY_DAY = [0, 1, 2, 3, 4, 5, 6];
export const ownZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

export function draftOf(timetable: Shape["Timetable"] | null): Draft {
  const fresh: Draft = {
    kind: "every",
    every: "6",
    unit: "hours",
    time: "03:00",
    days: EVERY_DAY,
    cron: "0 3 * * *",
    zone: ownZone(),
    quiet: [],
  };
  if (!timetable) return fresh;
  const quiet = (timetable.quiet ?? []).map((window) => ({ ...window, days: window.days ?? EVERY_DAY }));
  const known = { ...fresh, zone: timetable.time_zone ?? "UTC", quiet };
  if (timetable.every) {
    const minutes = secondsOf(timetable.every) / 60;
    return minutes % 60 === 0 ? { ...known, every: String(minutes / 60) } : { ...known, every: String(minutes), unit: "minutes" };
  }
  const cron = timetable.cron ?? fresh.cron;
  const plain = /^(\d+) (\d+) \* \* (\S+)$/.exec(cron.trim());
  const read = cronOf(cron);
  if (!plain || !read) return { ...known, kind: "cron", cron };
  const days = [...read.weekdays].map((day) => (day + 6) % 7).sort();
  return { ...known, kind: "daily", cron, time: `${plain[2]?.padStart(2, "0")}:${plain[1]?.padStart(2, "0")}`, days };
}

/** What would be kept of it; null while it cannot be. */
export function timetableOf(draft: Draft): Shape["Timetable"] | null {
  if (!isZone(draft.zone)) return null;
  const rest = { time_zone: draft.zone, quiet: draft.quiet.map((window) => ({ ...window, days: [...window.days] })) };
  const made = draft.kind === "every" ? { every: everyOf(draft), ...rest } : { cron: cronText(draft), ...rest };
  const isWhole = draft.kind !== "every" || /^[1-9]\d*$/.test(draft.every);
  return isWhole && nextAfter(made, Date.now()) !== null ? made : null;
}

const everyOf = (draft: Draft) => minutesAsDuration(Number(draft.every) * (draft.unit === "hours" ? 60 : 1));

function cronText(draft: Draft): string {
  if (draft.kind === "cron") return draft.cron.trim();
  const [hour, minute] = draft.time.split(":").map(Number);
  const days =
    draft.days.length === 7
      ? "*"
      : draft.days
          .map((day) => (day + 1) % 7)
          .sort()
          .join(",");
  return `${minute ?? 0} ${hour ?? 0} * * ${days || "*"}`;
}
