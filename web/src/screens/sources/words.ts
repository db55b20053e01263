import type { Shape } from "@/lib/api";
import { secondsOf } from "@/lib/duration";
import { language, t } from "@/lib/i18n";
import { cronOf } from "@/lib/schedule";
import "@/messages/en/sources";

/** "15 minutes", "6 hours", "day": how people say an interval [s] after "every". */
export function intervalWords(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  if (minutes % 1440 === 0) return t("sources.interval.days", { count: minutes / 1440 });
  if (minutes % 60 === 0) return t("sources.interval.hours", { count: minutes / 60 });
  return t("sources.interval.minutes", { count: minutes });
}

/** A timetable in plain words. */
export function planWords(timetable: Shape["Timetable"] | null | undefined): string {
  if (!timetable) return t("sources.plan.none");
  if (timetable.every) return t("sources.plan.every", { interval: intervalWords(secondsOf(timetable.every)) });
  const zone = timetable.time_zone ?? "UTC";
  const cron = timetable.cron ?? "";
  const plain = /^(\d+) (\d+) \* \* (\S+)$/.exec(cron.trim());
  const read = cronOf(cron);
  if (!plain || !read) return t("sources.plan.cron", { cron, zone });
  const time = `${plain[2]?.padStart(2, "0")}:${plain[1]?.padStart(2, "0")}`;
  if (read.isAnyWeekday) return t("sources.plan.daily", { time, zone });
  return t("sources.plan.weekly", { days: dayWords([...read.weekdays].map((day) => (day + 6) % 7)), time, zone });
}

export function quietWords(window: Shape["QuietWindow"]): string {
  const days = window.days ?? [0, 1, 2, 3, 4, 5, 6];
  const said = { start: window.start, end: window.end };
  return days.length === 7 ? t("sources.plan.quiet.all", said) : t("sources.plan.quiet", { ...said, days: dayWords(days) });
}

/** Days from 0 (Monday): "Mon–Fri", "Mon, Tue and Sat". */
export function dayWords(days: readonly number[]): string {
  const sorted = [...days].sort();
  const [first = 0, last = 0] = [sorted[0], sorted.at(-1)];
  if (sorted.length > 2 && last - first === sorted.length - 1) return `${dayName(first)}–${dayName(last)}`;
  return new Intl.ListFormat(language(), { type: "conjunction" }).format(sorted.map((day) => dayName(day)));
}

/** 0 is Monday. */
export const dayName = (day: number) =>
  new Intl.DateTimeFormat(language(), { weekday: "short", timeZone: "UTC" }).format(Date.UTC(2026, 0, 5 + day));
