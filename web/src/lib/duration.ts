/** An ISO 8601 duration in seconds: "PT15M" is 900. Months and years have no fixed length and are not read. */
export function secondsOf(duration: string): number {
  const found = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/.exec(duration);
  if (!found) return Number.NaN;
  const [weeks, days, hours, minutes, seconds] = found.slice(1).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
  ];
  return weeks * 604_800 + days * 86_400 + hours * 3600 + minutes * 60 + seconds;
}

export const minutesAsDuration = (minutes: number) => `PT${minutes}M`;
export const daysAsDuration = (days: number) => `P${days}D`;
