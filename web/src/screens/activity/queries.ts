"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { type Shape, useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { useHere, useSession } from "@/lib/session";
import { useQuery } from "@/platform/params";

export type Line = Shape["Activity"];
export type Wanted = { q?: string; action?: string; actor?: string; subject?: string; since?: string; until?: string };

export const FILTERS = ["q", "action", "actor", "subject", "since", "until"] as const;

/** Which lines the address asks for. Days are the reader's own: until the end of the last one. */
export function useWanted(): Wanted {
  const asked = useQuery();
  const since = asked.get("since");
  const until = asked.get("until");
  return {
    q: asked.get("q") || undefined,
    action: asked.get("action") || undefined,
    actor: asked.get("actor") || undefined,
    subject: asked.get("subject") || undefined,
    since: startOf(since, 0),
    until: startOf(until, 1),
  };
}

function startOf(day: string | null, later: number): string | undefined {
  if (!day || !/^\d{4}-\d{2}-\d{2}$/.test(day)) return undefined;
  const [year, month, date] = day.split("-").map(Number) as [number, number, number];
  const at = new Date(year, month - 1, date + later);
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString();
}

/** The lines that are wanted, newest first, page by page. */
export function useLines(wanted: Wanted) {
  const { call } = useApi();
  return useInfiniteQuery({
    queryKey: ["activity", wanted],
    initialPageParam: undefined as string | undefined,
    queryFn: async ({ pageParam }) => {
      const { data } = await call.GET("/v2/activity", { params: { query: { ...wanted, limit: 50, cursor: pageParam } } });
      if (!data) throw new Error("an answer without content");
      return data;
    },
    getNextPageParam: (page) => page.next ?? undefined,
  });
}

/** Names of people by id, as far as one may see them. */
export function useNames(): ReadonlyMap<string, string> {
  const t = useT();
  const here = useHere();
  const { me } = useSession();
  const members = useApi().use.useQuery(
    "get",
    "/v2/users",
    { params: { query: { limit: 500 } } },
    { enabled: here.may("members:read"), staleTime: 300_000 },
  );
  return useMemo(
    () =>
      new Map([
        ...(members.data?.items ?? []).map((one) => [one.user, one.name || one.email] as const),
        [me.id, t("activity.who.you", { name: me.name || me.email })] as const,
      ]),
    [members.data, me, t],
  );
}
