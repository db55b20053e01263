const UNITS: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const UNIT_WORDS: readonly [RegExp, keyof typeof UNITS][] = [
  [/^(m|min|minutes?|minuten?)$/, "m"],
  [/^(h|hours?|stunden?|std)$/, "h"],
  [/^(d|days?|tage?n?)$/, "d"],
  [/^(w|weeks?|wochen?)$/, "w"],
];
const DAYS: Record<string, number> = { today: 0, heute: 0, yesterday: 1, gestern: 1, vorgestern: 2 };

/** The moment that somebody typed, in their own time zone: "14:30", "yesterday 9:00", "3 days ago", "vor 2 Stunden", "2026-11-20 14:00",
 * "20.11.2026". A day without a time is its end. Null for what cannot be understood, and for the future. */
export function momentOf(typed: string, now: Date = new Date()): Date | null {
  const text = typed.trim().toLowerCase();
  if (!text) return null;
  const found = relative(text, now) ?? absolute(text, now);
  return found && !Number.isNaN(found.getTime()) && found <= endOf(now) ? (found > now ? now : found) : null;
}

function relative(text: string, now: Date): Date | null {
  const said = /^(?:vor\s+|-)?(\d{1,4})\s*([a-zä-ü]+)(?:\s+ago)?$/.exec(text);
  const unit = said && UNIT_WORDS.find(([word]) => word.test(said[2] as string))?.[1];
  return said && unit ? new Date(now.getTime() - Number(said[1]) * (UNITS[unit] as number)) : null;
}

function absolute(text: string, now: Date): Date | null {
  const [, date = "", hours, minutes] = /^(.*?)\s*[ t,]?\s*(?:(\d{1,2}):(\d{2}))?(?:\s*uhr)?$/.exec(text) ?? [];
  const day = date === "" ? (hours === undefined ? null : startOf(now)) : dayOf(date, now);
  if (!day) return null;
  if (hours === undefined) return endOf(day);
  if (Number(hours) > 23 || Number(minutes) > 59) return null;
  day.setHours(Number(hours), Number(minutes));
  return day;
}

function dayOf(text: string, now: Date): Date | null {
  const back = DAYS[text];
  if (back !== undefined) {
    const day = startOf(now);
    day.setDate(day.getDate() - back);
    return day;
  }
  const iso = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(text);
  if (iso) return dateOf(Number(iso[1]), Number(iso[2]), Number(iso[3]));
  const german = /^(\d{1,2})\.\s?(\d{1,2})\.(?:\s?(\d{4}))?$/.exec(text);
  return german ? dateOf(Number(german[3] ?? now.getFullYear()), Number(german[2]), Number(german[1])) : null;
}

function dateOf(year: number, month: number, day: number): Date | null {
  const found = new Date(year, month - 1, day);
  return found.getMonth() === month - 1 && found.getDate() === day ? found : null;
}

const startOf = (at: Date) => new Date(at.getFullYear(), at.getMonth(), at.getDate());
const endOf = (at: Date) => new Date(at.getFullYear(), at.getMonth(), at.getDate(), 23, 59, 59);
