import { type Shape, useApi } from "@/lib/api";
import { useConnections, useJobs, useNewestSnapshots, useSources } from "@/lib/listings";
import { nextAfter } from "@/lib/schedule";
import { useHere } from "@/lib/session";

// The same judgement as the server's for whole accounts: the age of the last good snapshot against its target. The target is when the schedule is
// due next after it, and half an interval more (six hours at most); a day where nothing runs by itself.
const DAY = 86_400_000;
const LONGEST_GRACE = 6 * 3_600_000;

/** `unread`: nobody knows, for its snapshots could not be read. */
export type State = "unread" | "never" | "late" | "broken" | "incomplete" | "first" | "byhand" | "good";
const RISK: readonly State[] = ["unread", "never", "late", "broken", "incomplete", "first", "byhand", "good"];

/** How one source stands. `snapshots` are the newest first, those in the trash left out. */
export type Standing = {
  source: Shape["Source"];
  connection: Shape["Connection"] | undefined;
  jobs: readonly Shape["Job"][];
  snapshots: readonly Shape["SnapshotShown"][];
  last: Shape["SnapshotShown"] | undefined;
  lastRun: Shape["RunShown"] | undefined;
  active: Shape["RunShown"] | undefined;
  /** Until when the next good snapshot is to be there [ms]. */
  target: number | null;
  nextAt: string | null;
  state: State;
};

export type Known = {
  connections: readonly Shape["Connection"][];
  jobs: readonly Shape["Job"][];
  runs: readonly Shape["RunShown"][];
};

/** `snapshots` null: they could not be read. */
export function standingOf(
  source: Shape["Source"],
  snapshots: readonly Shape["SnapshotShown"][] | null,
  known: Known,
  now = Date.now(),
): Standing {
  const jobs = known.jobs.filter((job) => job.source === source.id);
  const runs = known.runs.filter((run) => run.source === source.id);
  const connection = known.connections.find((one) => one.id === source.connection);
  const there = (snapshots ?? []).filter((one) => !one.expired_at);
  const last = there[0];
  const active = runs.find((run) => run.state === "queued" || run.state === "running");
  const target = targetOf(jobs, last ? new Date(last.at).getTime() : new Date(source.created_at).getTime());
  const due = jobs.filter((job) => !job.paused && job.due_at).map((job) => job.due_at as string);
  const standing = { source, connection, jobs, snapshots: there, last, lastRun: runs[0], active, target, nextAt: due.sort()[0] ?? null };
  return { ...standing, state: snapshots ? judge(standing, now) : "unread" };
}

function judge(one: Omit<Standing, "state">, now: number): State {
  if (!one.last) return one.active ? "first" : "never";
  if (one.target !== null && one.target < now) return "late";
  if (one.connection?.state === "needs_reauth" || one.connection?.state === "unreachable") return "broken";
  if (one.last.kind === "partial" || one.last.suspect) return "incomplete";
  return isScheduled(one.jobs) ? "good" : "byhand";
}

const WITHIN: readonly State[] = ["broken", "byhand", "good"];

/** Whether the source's last snapshot is whole and not older than its target. */
export const isWithin = (one: Standing) => WITHIN.includes(one.state);

export const isScheduled = (jobs: readonly Shape["Job"][]) => jobs.some((job) => job.timetable && !job.paused);

function targetOf(jobs: readonly Shape["Job"][], since: number): number | null {
  const due = jobs.flatMap((job) => {
    if (!job.timetable || job.paused) return [];
    const first = nextAfter(job.timetable, since);
    const second = first === null ? null : nextAfter(job.timetable, first);
    return first === null || second === null ? [] : [first + Math.min((second - first) / 2, LONGEST_GRACE)];
  });
  return due.length > 0 ? Math.min(...due) : since + DAY;
}

/** The usual time between two runs [ms], as the schedule says; null where nothing runs by itself. */
export function intervalOf(jobs: readonly Shape["Job"][]): number | null {
  const intervals = jobs.flatMap((job) => {
    if (!job.timetable || job.paused) return [];
    const first = nextAfter(job.timetable, Date.now());
    const second = first === null ? null : nextAfter(job.timetable, first);
    return first === null || second === null ? [] : [second - first];
  });
  return intervals.length > 0 ? Math.min(...intervals) : null;
}

/** The most endangered first; of two that stand alike, the one whose target passes earlier. */
export const byRisk = (one: Standing, other: Standing) =>
  RISK.indexOf(one.state) - RISK.indexOf(other.state) ||
  (one.target ?? 0) - (other.target ?? 0) ||
  one.source.name.localeCompare(other.source.name);

/** All sources of the account and how they stand. `snapshots`: how many of each are looked at. */
export function useStandings(snapshots = 14, filter: { tag?: string; group?: string } = {}) {
  const here = useHere();
  const sources = useSources(filter);
  const known = useKnown();
  const isOpen = here.may("snapshots:read");
  const newest = useNewestSnapshots(snapshots, { enabled: isOpen });
  const isRead = !isOpen || newest.data !== undefined || newest.isError;
  const of = new Map(newest.data?.items.map((one) => [one.source, one]));
  const snapshotsOf = (source: string) =>
    (newest.isError && !newest.data) || of.get(source)?.problem ? null : (of.get(source)?.snapshots ?? []);
  const standings = (sources.data?.items ?? []).map((source) => standingOf(source, snapshotsOf(source.id), known));
  return { sources, standings: standings.sort(byRisk), isRead, isWhole: isRead && known.isRead };
}

/** What is read once for all sources: connections, schedules and the newest runs. */
export function useKnown() {
  const api = useApi();
  const here = useHere();
  const connections = useConnections({ enabled: here.may("connections:read") });
  const jobs = useJobs({ enabled: here.may("jobs:read") });
  const runs = api.use.useQuery("get", "/v2/runs", { params: { query: { limit: 200 } } }, { enabled: here.may("runs:read") });
  const isRead = [connections, jobs, runs].every((one) => one.fetchStatus === "idle" || one.data !== undefined);
  return { connections: connections.data?.items ?? [], jobs: jobs.data?.items ?? [], runs: runs.data?.items ?? [], isRead };
}
