import { expect, test } from "vitest";
import { cronOf, nextRuns } from "@/lib/schedule";

// What the server's timetable (services/jobs/timetable.py) says to the same questions.
const SAID = [
  {
    name: "every quarter of an hour, aligned to the clock",
    timetable: { every: "PT15M" },
    from: "2026-11-21T16:20:00Z",
    due: ["2026-11-21T16:30:00Z", "2026-11-21T16:45:00Z", "2026-11-21T17:00:00Z", "2026-11-21T17:15:00Z"],
  },
  {
    name: "every seven hours from the same beginning as the server's",
    timetable: { every: "PT420M" },
    from: "2026-11-21T16:20:00Z",
    due: ["2026-11-21T21:00:00Z", "2026-11-22T04:00:00Z", "2026-11-22T11:00:00Z", "2026-11-22T18:00:00Z"],
  },
  {
    name: "three at night in Berlin, over the night that has no half past two",
    timetable: { cron: "30 2 * * *", time_zone: "Europe/Berlin" },
    from: "2027-03-26T12:00:00Z",
    due: ["2027-03-27T01:30:00Z", "2027-03-28T01:00:00Z", "2027-03-29T00:30:00Z", "2027-03-30T00:30:00Z"],
  },
  {
    name: "lists, ranges, steps and names of weekdays",
    timetable: { cron: "*/20 6-8,22 1,15 * mon", time_zone: "America/New_York" },
    from: "2026-11-21T16:20:00Z",
    due: ["2026-11-23T11:00:00Z", "2026-11-23T11:20:00Z", "2026-11-23T11:40:00Z", "2026-11-23T12:00:00Z"],
  },
  {
    name: "quiet hours on working days move a run to their end",
    timetable: { cron: "0 */6 * * 1-5", time_zone: "UTC", quiet: [{ start: "08:00", end: "18:00", days: [0, 1, 2, 3, 4, 5, 6] }] },
    from: "2026-11-20T16:20:00Z",
    due: ["2026-11-20T18:00:00Z", "2026-11-23T00:00:00Z", "2026-11-23T06:00:00Z", "2026-11-23T18:00:00Z"],
  },
  {
    name: "quiet hours over midnight in a zone of half hours",
    timetable: { every: "PT60M", time_zone: "Asia/Kolkata", quiet: [{ start: "22:00", end: "06:30", days: [0, 5] }] },
    from: "2026-11-21T15:20:00Z",
    due: ["2026-11-21T16:00:00Z", "2026-11-22T01:00:00Z", "2026-11-22T02:00:00Z", "2026-11-22T03:00:00Z"],
  },
];

test.each(SAID)("$name, as the server reckons", ({ timetable, from, due }) => {
  const found = nextRuns(timetable, Date.parse(from), due.length);
  expect(found.map((at) => new Date(at).toISOString().replace(".000", ""))).toEqual(due);
});

test("what cannot be read or never comes is due at no time", () => {
  expect(cronOf("0 3 * *")).toBeNull();
  expect(cronOf("61 3 * * *")).toBeNull();
  expect(nextRuns({ cron: "0 3 31 2 *", time_zone: "UTC" }, 0, 3)).toEqual([]);
  expect(
    nextRuns(
      {
        every: "PT60M",
        quiet: [
          { start: "00:00", end: "12:00" },
          { start: "12:00", end: "00:00" },
        ],
      },
      0,
      1,
    ),
  ).toEqual([]);
});
