import { useQuery } from "@tanstack/react-query";
import { allPages } from "@/lib/all-pages";
import { useApi } from "@/lib/api";

type Wanted = { enabled?: boolean };
type Filter = { tag?: string; group?: string; connection?: string };
const PAGE = 500;

/** The account's sources to the last page: `isWhole` false where there are more than a screen looks at. */
export function useSources(filter: Filter = {}, wanted: Wanted = {}) {
  const { call } = useApi();
  return useQuery({
    queryKey: ["get", "/v2/sources", "all", filter],
    queryFn: ({ signal }) =>
      allPages(async (cursor) => (await call.GET("/v2/sources", { params: { query: { limit: PAGE, cursor, ...filter } }, signal })).data),
    ...wanted,
  });
}

/** The sources' names by id. */
export function useSourceNames(wanted: Wanted = {}): ReadonlyMap<string, string> {
  return new Map(useSources({}, wanted).data?.items.map((one) => [one.id, one.name]));
}

export function useConnections(wanted: Wanted = {}) {
  const { call } = useApi();
  return useQuery({
    queryKey: ["get", "/v2/connections", "all"],
    queryFn: ({ signal }) =>
      allPages(async (cursor) => (await call.GET("/v2/connections", { params: { query: { limit: PAGE, cursor } }, signal })).data),
    ...wanted,
  });
}

/** Who has a role in the account itself. */
export function useMembers(wanted: Wanted & { staleTime?: number } = {}) {
  const { call } = useApi();
  return useQuery({
    queryKey: ["get", "/v2/users", "all"],
    queryFn: ({ signal }) =>
      allPages(async (cursor) => (await call.GET("/v2/users", { params: { query: { limit: PAGE, cursor } }, signal })).data),
    ...wanted,
  });
}

export function useJobs(wanted: Wanted = {}) {
  const { call } = useApi();
  return useQuery({
    queryKey: ["get", "/v2/jobs", "all"],
    queryFn: ({ signal }) =>
      allPages(async (cursor) => (await call.GET("/v2/jobs", { params: { query: { limit: PAGE, cursor } }, signal })).data, 4000),
    ...wanted,
  });
}

/** The newest snapshots of each source, `newest` of each at most: `{ source, snapshots, problem }`. */
export function useNewestSnapshots(newest: number, wanted: Wanted = {}) {
  const { call } = useApi();
  return useQuery({
    queryKey: ["get", "/v2/snapshots", "newest", newest],
    queryFn: ({ signal }) =>
      allPages(async (cursor) => (await call.GET("/v2/snapshots", { params: { query: { newest, limit: 100, cursor } }, signal })).data),
    ...wanted,
  });
}
