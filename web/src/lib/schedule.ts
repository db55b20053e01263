import type { Shape } from "@/lib/api";
import { secondsOf } from "@/lib/duration";

// The same reckoning as the server's timetable, so that a plan can be seen before it is kept. What is kept shows the server's own `due_at`.

type Timetable = Shape["Timetable"];
const EPOCH = Date.UTC(2000, 0, 1);
const MINUTE = 60_000;
const DAY = 86_400_000;

/** The next instants at which a timetable is due, after `from` [ms]. Empty where it never is, or cannot be read. */
export function nextRuns(timetable: Timetable, from: number, wanted: number): number[] {
  const found: number[] = [];
  let at = from;
  while (found.length < wanted) {
    const due = nextAfter(timetable, at);
    if (due === null) break;
    found.push(due);
    at = due;
  }
  return found;
}

/** The first due instant strictly after this one; one that falls into quiet hours comes at their end. */
export function nextAfter(timetable: Timetable, at: number): number | null {
  let asked = at;
  for (let tries = 0; tries < 2000; tries++) {
    const raw = timetable.every ? nextEvery(timetable.every, asked) : nextCron(timetable, asked);
    if (raw === null) return null;
    const free = freeFrom(timetable, raw);
    if (free === null) return null;
    if (free > at) return free;
    asked = raw;
  }
  return null;
}

function nextEvery(every: string, at: number): number | null {
  const step = secondsOf(every) * 1000;
  return step >= MINUTE ? EPOCH + (Math.floor((at - EPOCH) / step) + 1) * step : null;
}

function nextCron(timetable: Timetable, at: number): number | null {
  const cron = timetable.cron ? cronOf(timetable.cron) : null;
  if (!cron) return null;
  const zone = timetable.time_zone ?? "UTC";
  const start = wallOf(at, zone);
  const first = Date.UTC(start.year, start.month - 1, start.day);
  for (let ahead = 0; ahead < 366 * 5; ahead++) {
    const day = new Date(first + ahead * DAY);
    if (!isOn(cron, day)) continue;
    for (const hour of cron.hours)
      for (const minute of cron.minutes) {
        const due = afterGap(instantOf(day, hour * 60 + minute, zone), hour * 60 + minute, zone);
        if (due > at) return due;
      }
  }
  return null;
}

/** A time of day that a night skips comes due when the clock has jumped. */
function afterGap(due: number, minutes: number, zone: string): number {
  const aheadOf = (instant: number) => {
    const shown = wallOf(instant, zone);
    return Date.UTC(shown.year, shown.month - 1, shown.day, shown.hour, shown.minute) - instant;
  };
  const shown = wallOf(due, zone);
  if (shown.hour * 60 + shown.minute === minutes) return due;
  let at = due;
  for (let step = 0; step < 180 && aheadOf(at - MINUTE) === aheadOf(due); step++) at -= MINUTE;
  return at;
}

type Cron = {
  minutes: number[];
  hours: number[];
  days: Set<number>;
  months: Set<number>;
  weekdays: Set<number>;
  isAnyDay: boolean;
  isAnyWeekday: boolean;
};

/** Five fields, or null where they cannot be read. */
export function cronOf(text: string): Cron | null {
  const parts = text.trim().split(/\s+/);
  if (parts.length !== 5) return null;
  const [minute, hour, day, month, weekday] = parts as [string, string, string, string, string];
  const minutes = numbers(minute, 0, 59);
  const hours = numbers(hour, 0, 23);
  const days = numbers(day, 1, 31);
  const months = numbers(month, 1, 12, MONTHS);
  const weekdays = numbers(weekday, 0, 7, WEEKDAYS);
  if (!minutes || !hours || !days || !months || !weekdays) return null;
  return {
    minutes,
    hours,
    days: new Set(days),
    months: new Set(months),
    weekdays: new Set(weekdays.map((one) => one % 7)),
    isAnyDay: day.startsWith("*"),
    isAnyWeekday: weekday.startsWith("*"),
  };
}

const MONTHS = ["", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

function numbers(field: string, least: number, most: number, names: string[] = []): number[] | null {
  const found = new Set<number>();
  for (const part of field.toLowerCase().split(",")) {
    const [range = "", step] = part.split("/");
    const [from, to] =
      range === "*" ? [least, most] : range.split("-").map((text) => (names.includes(text) ? names.indexOf(text) : Number(text)));
    const size = step === undefined ? 1 : Number(step);
    const end = to ?? (step === undefined ? from : most);
    if (from === undefined || end === undefined || ![from, end, size].every(Number.isInteger)) return null;
    if (range === "" || from < least || end > most || from > end || size < 1) return null;
    for (let at = from; at <= end; at += size) found.add(at);
  }
  return [...found].sort((one, other) => one - other);
}

/** As everywhere: where both a day and a weekday are given, either will do. */
function isOn(cron: Cron, day: Date): boolean {
  if (!cron.months.has(day.getUTCMonth() + 1)) return false;
  const byDay = cron.days.has(day.getUTCDate());
  const byWeekday = cron.weekdays.has(day.getUTCDay());
  return cron.isAnyDay || cron.isAnyWeekday ? byDay && byWeekday : byDay || byWeekday;
}

/** The instant itself, or the end of the quiet hours that hold it; null where they leave no time. */
function freeFrom(timetable: Timetable, at: number): number | null {
  const quiet = timetable.quiet ?? [];
  let free = at;
  while (free <= at + 14 * DAY) {
    const end = quietEnd(quiet, timetable.time_zone ?? "UTC", free);
    if (end === null) return free;
    free = end;
  }
  return null;
}

function quietEnd(quiet: readonly Shape["QuietWindow"][], zone: string, at: number): number | null {
  if (quiet.length === 0) return null;
  const wall = wallOf(at, zone);
  const today = Date.UTC(wall.year, wall.month - 1, wall.day);
  for (const window of quiet)
    for (const day of [new Date(today - DAY), new Date(today)]) {
      const [start, end] = [clockOf(window.start), clockOf(window.end)];
      if (start === null || end === null || start === end) continue;
      if (!(window.days ?? [0, 1, 2, 3, 4, 5, 6]).includes((day.getUTCDay() + 6) % 7)) continue;
      const last = end > start ? day : new Date(day.getTime() + DAY);
      const until = instantOf(last, end, zone);
      if (instantOf(day, start, zone) <= at && at < until) return until;
    }
  return null;
}

const clockOf = (text: string): number | null => {
  const found = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text);
  return found ? Number(found[1]) * 60 + Number(found[2]) : null;
};

const formats = new Map<string, Intl.DateTimeFormat>();
function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known) return known;
  const parts = { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", hourCycle: "h23" } as const;
  const made = new Intl.DateTimeFormat("en-US", { timeZone: zone, ...parts });
  formats.set(zone, made);
  return made;
}

/** Whether the browser knows a time zone by this name. */
export function isZone(zone: string): boolean {
  try {
    formatOf(zone);
    return true;
  } catch {
    return false;
  }
}

function wallOf(at: number, zone: string) {
  const parts = Object.fromEntries(
    formatOf(zone)
      .formatToParts(at)
      .map((part) => [part.type, Number(part.value)]),
  ) as Record<"year" | "month" | "day" | "hour" | "minute", number>;
  return parts;
}

/** When the clock in a zone shows so many minutes after midnight of a day. */
function instantOf(day: Date, minutes: number, zone: string): number {
  const wall = day.getTime() + minutes * MINUTE;
  let at = wall;
  for (let turn = 0; turn < 2; turn++) {
    const shown = wallOf(at, zone);
    at += wall - Date.UTC(shown.year, shown.month - 1, shown.day, shown.hour, shown.minute);
  }
  return at;
}
