import type { Shape } from "@/lib/api";
import type { Call } from "@/lib/call";
import { valueAt } from "@/screens/snapshots/values";

const MOST = 10_000; // keys that one restore may name

/** The records of a change set, found again in the difference that it was told from. `changedAt` is the field that every edit touches. */
export async function keysOf(
  call: Call,
  set: Shape["ChangeSet"],
  before: string,
  changedAt: string | null,
): Promise<{ keys: string[]; isCut: boolean }> {
  const wanted = new Set(set.fields);
  const keys: string[] = [];
  const withValues = set.kind === "changed";
  let cursor: string | undefined;
  do {
    const { data } = await call.GET("/v2/diff", {
      params: { query: { from: before, to: set.snapshot, stream: set.stream, values: withValues, limit: 500, cursor } },
    });
    for (const change of data?.items ?? []) if (belongs(change, set, wanted, changedAt)) keys.push(change.key);
    cursor = data?.next ?? undefined;
  } while (cursor && keys.length < MOST);
  return { keys: keys.slice(0, MOST), isCut: keys.length > MOST || cursor !== undefined };
}

function belongs(change: Shape["ChangeShown"], set: Shape["ChangeSet"], wanted: ReadonlySet<string>, changedAt: string | null): boolean {
  if (change.kind !== set.kind) return false;
  if (change.kind !== "changed") return true;
  const fields = (change.fields ?? []).filter((field) => field !== changedAt || wanted.has(field));
  if (fields.length !== wanted.size || !fields.every((field) => wanted.has(field))) return false;
  const said = changedAt ? valueAt(change.after, changedAt) : undefined;
  const instant = typeof said === "string" ? Date.parse(said) : Number.NaN;
  // two edits of the same fields at two times are two sets; where the platform's clock is not the set's, the fields decide
  const [began, ended] = [Date.parse(set.began_at), Date.parse(set.ended_at)];
  return Number.isNaN(instant) || instant < began - 86_400_000 || (instant >= began - 1000 && instant <= ended + 60_000);
}
