import { useQuery } from "@tanstack/react-query";
import { type Shape, useApi } from "@/lib/api";
import { useHere } from "@/lib/session";

/** What a sample of a snapshot's records showed when they were compared with their platform. */
export type Compared = { source: string; snapshot: string; at: string; actor: string; good: boolean; sampled: number };
type Found = { items: readonly Compared[]; isWhole: boolean };

/** What the trail tells of comparisons, newest first; lines that tell of something else are left out. */
export const comparedOf = (lines: readonly Shape["Activity"][]): readonly Compared[] =>
  lines.flatMap(({ subject: source, at, actor, about: { snapshot, good, sampled } }) =>
    typeof snapshot === "string" && typeof good === "boolean" && typeof sampled === "number"
      ? [{ source, snapshot, at, actor, good, sampled }]
      : [],
  );

/** The account's comparisons, as far back as the trail is searched in one answer (thousands of lines): `isWhole` false where there is more of it.
 * To ask each snapshot would be answered 404 by all that nobody compared. */
export function useCompared() {
  const { call } = useApi();
  const here = useHere();
  return useQuery<Found>({
    queryKey: ["get", "/v2/snapshots", "compared"], // stale when something happens to a snapshot, not with every line
    queryFn: async ({ signal }) => {
      const { data } = await call.GET("/v2/activity", { params: { query: { action: "snapshot.verified", limit: 500 } }, signal });
      return { items: comparedOf(data?.items ?? []), isWhole: !data?.next };
    },
    enabled: here.may("activity:read"),
    staleTime: 60_000,
  });
}
