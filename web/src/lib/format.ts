import { language } from "@/lib/i18n";

// An Intl formatter costs more to make than to use a hundred times: each is made once a language.
const kept = new Map<string, unknown>();
let zone: string | undefined;

/** Shows moments in this time zone from now on (a name of the IANA data base); null is the device's own. */
export function setZone(wanted: string | null) {
  if (zone === (wanted ?? undefined)) return;
  zone = wanted ?? undefined;
  kept.clear();
}

function once<F>(name: string, make: (locale: string) => F): F {
  const key = `${language()} ${name}`;
  if (!kept.has(key)) kept.set(key, make(language()));
  return kept.get(key) as F;
}

/** 1,204 */
export const count = (value: number) => once("count", (at) => new Intl.NumberFormat(at)).format(value);

/** 1.2 K, for tight places */
export const compact = (value: number) =>
  once("compact", (at) => new Intl.NumberFormat(at, { notation: "compact", maximumFractionDigits: 1 })).format(value);

/** 12 % */
export const percent = (share: number) =>
  once("percent", (at) => new Intl.NumberFormat(at, { style: "percent", maximumFractionDigits: 0 })).format(share);

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];

/** 63.8 MB (powers of 1000, as disks are sold and as the command line says it) */
export function bytes(value: number): string {
  const power = value < 1000 ? 0 : Math.min(4, Math.floor(Math.log10(value) / 3));
  const unit = UNITS[power] as string;
  const digits = power === 0 ? 0 : 1;
  return once(
    unit,
    (at) => new Intl.NumberFormat(at, { style: "unit", unit, unitDisplay: power === 0 ? "long" : "short", maximumFractionDigits: digits }),
  ).format(value / 1000 ** power);
}

type When = string | number | Date;

/** 21 Nov 2026, 14:02 in the reader's own time zone */
export const moment = (at: When) =>
  once("moment", (lang) => new Intl.DateTimeFormat(lang, { dateStyle: "medium", timeStyle: "short", timeZone: zone })).format(new Date(at));

/** 21 Nov 2026 */
export const day = (at: When) =>
  once("day", (lang) => new Intl.DateTimeFormat(lang, { dateStyle: "medium", timeZone: zone })).format(new Date(at));

/** 14:02:33 */
export const clock = (at: When) =>
  once("clock", (lang) => new Intl.DateTimeFormat(lang, { timeStyle: "medium", timeZone: zone })).format(new Date(at));

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_557_600],
  ["month", 2_629_800],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
];

/** 3 hours ago, in 5 minutes */
export function ago(at: When, now: number = Date.now()): string {
  const seconds = (new Date(at).getTime() - now) / 1000;
  const [unit, size] = STEPS.find(([, least]) => Math.abs(seconds) >= least) ?? (["second", 1] as const);
  return once("ago", (lang) => new Intl.RelativeTimeFormat(lang, { numeric: "auto" })).format(Math.round(seconds / size), unit);
}

/** 1 h 04 min, 3.2 s: how long something took [s] */
export function lasted(seconds: number): string {
  if (seconds < 10) return `${once("lasted", (at) => new Intl.NumberFormat(at, { maximumFractionDigits: 1 })).format(seconds)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}
