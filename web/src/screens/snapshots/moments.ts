"use client";

import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { type Shape, useApi } from "@/lib/api";

export type Snapshot = Shape["SnapshotShown"];
const MOST = 5000;

/** All snapshots of a source, oldest first. */
export function useSnapshots(source: string | null) {
  const { call } = useApi();
  return useQuery({
    queryKey: ["get", "/v2/sources/{source}/snapshots", "all", source],
    enabled: source !== null,
    queryFn: async () => {
      const found: Snapshot[] = [];
      let cursor: string | undefined;
      do {
        const { data } = await call.GET("/v2/sources/{source}/snapshots", {
          params: { path: { source: source ?? "" }, query: { limit: 500, cursor } },
        });
        found.push(...(data?.items ?? []));
        cursor = data?.next ?? undefined;
      } while (cursor && found.length < MOST);
      return found.reverse();
    },
  });
}

/** The snapshot that an address means: by its id, or the newest at or before an instant; without either the newest. */
export function meant(snapshots: readonly Snapshot[], query: { get: (name: string) => string | null }, name = "snapshot"): Snapshot | null {
  const id = query.get(name);
  if (id) return snapshots.find((one) => one.id === id) ?? null;
  const at = query.get("at");
  if (!at) return snapshots.at(-1) ?? null;
  const instant = new Date(at).getTime();
  return snapshots.findLast((one) => new Date(one.at).getTime() <= instant) ?? null;
}

/** The facts about a source's streams, by name: labels, keys, what refers where. Empty until they are read. */
export function useStreamFacts(source: string | null): ReadonlyMap<string, Shape["StreamInfo"]> {
  const query = useApi().use.useQuery(
    "get",
    "/v2/sources/{source}/streams",
    { params: { path: { source: source ?? "" } } },
    { enabled: source !== null, staleTime: 300_000, retry: false },
  );
  return useMemo(() => new Map((query.data?.items ?? []).map((one) => [one.name, one])), [query.data]);
}

export function useSource(source: string | null) {
  return useApi().use.useQuery(
    "get",
    "/v2/sources/{source}",
    { params: { path: { source: source ?? "" } } },
    { enabled: source !== null, staleTime: 60_000 },
  );
}

/** Addresses of what is kept. */
export const recordPath = (source: string, snapshot: string, stream: string, key: string) =>
  `/sources/${source}/records?${new URLSearchParams({ snapshot, stream, key })}`;
export const browsePath = (source: string, snapshot: string, stream: string) =>
  `/sources/${source}/snapshots?${new URLSearchParams({ snapshot, stream })}`;
