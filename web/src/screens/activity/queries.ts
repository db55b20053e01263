"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { useMembers } from "@/lib/listings";
import type { LiveEvent } from "@/lib/live";
import { useHere, useSession } from "@/lib/session";
import { useQuery } from "@/platform/params";
import { type Line, type Pages, withLines } from "@/screens/activity/growing";

export type { Line };
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

const keyOf = (wanted: Wanted) => ["activity", wanted] as const;

/** The lines that are wanted, newest first, page by page. */
export function useLines(wanted: Wanted) {
  const { call } = useApi();
  return useInfiniteQuery({
    queryKey: keyOf(wanted),
    initialPageParam: undefined as string | undefined,
    queryFn: async ({ pageParam }) => {
      const { data } = await call.GET("/v2/activity", { params: { query: { ...wanted, limit: 50, cursor: pageParam } } });
      if (!data) throw new Error("an answer without content");
      return data;
    },
    getNextPageParam: (page) => page.next ?? undefined,
  });
}

/** Takes what was just told into the lines that are shown. An event is the line itself, so nothing is asked; where lines are chosen by a filter, or one
 * is missing in between, they are read again. */
export function useNewLines(wanted: Wanted) {
  const { cache } = useApi();
  const renew = () => void cache.invalidateQueries({ queryKey: ["activity"] });
  const take = (events: readonly LiveEvent[]) => {
    const key = keyOf(wanted);
    const isWhole = !Object.values(wanted).some(Boolean) && !events.some((event) => event.event === "live.gap");
    const lines = events.flatMap((event) => (event.id === null ? [] : [event.data as unknown as Line]));
    const known = isWhole && cache.isFetching({ queryKey: key }) === 0 ? cache.getQueryData<Pages>(key) : undefined;
    const grown = known && withLines(known, lines);
    if (grown) cache.setQueryData<Pages>(key, grown);
    else if (lines.length > 0 || !isWhole) renew();
  };
  return { renew, take };
}

/** Names of people by id, as far as one may see them. */
export function useNames(): ReadonlyMap<string, string> {
  const t = useT();
  const here = useHere();
  const { me } = useSession();
  const members = useMembers({ enabled: here.may("members:read"), staleTime: 300_000 });
  return useMemo(
    () =>
      new Map([
        ...(members.data?.items ?? []).map((one) => [one.user, one.name || one.email] as const),
        [me.id, t("activity.who.you", { name: me.name || me.email })] as const,
      ]),
    [members.data, me, t],
  );
}
