"use client";

import { createContext, useContext, useEffect, useRef, useSyncExternalStore } from "react";
import { useApi } from "@/lib/api";
import { Freshness } from "@/lib/live-freshness";
import type { LiveHub } from "@/lib/live-hub";
import type { LiveEvent, LiveState } from "@/lib/live-stream";

export type { LiveEvent, LiveState };

/** The hub of the account that is shown; null where nothing is listened to. */
export const LiveContext = createContext<LiveHub | null>(null);

/** Calls back with what happened in the account, once a frame, in order. Events are `{ id, event, data }`: `event` is "run.succeeded", `data` the
 * line of the trail (subject, actor, at, about …). Queries are refreshed without it: it is for what shows the events themselves. */
export function useLive(onEvents: (events: readonly LiveEvent[]) => void) {
  const hub = useContext(LiveContext);
  const latest = useRef(onEvents);
  useEffect(() => {
    latest.current = onEvents;
  });
  useEffect(() => hub?.listen((events) => latest.current(events)), [hub]);
}

const nothing = () => () => {};

/** Whether events come in: "off" | "connecting" | "live" | "lost". */
export function useLiveState(): LiveState {
  const hub = useContext(LiveContext);
  return useSyncExternalStore(
    hub?.watch ?? nothing,
    () => hub?.state ?? "off",
    () => "off",
  );
}

/** How far a run is, told about once a second while it goes on. */
export type RunProgress = {
  /** The run's id. */
  subject: string;
  source: string;
  job: string | null;
  attempt: number;
  records: number;
  received_bytes: number;
  calls: number;
  streams: readonly {
    stream: string;
    /** waiting, running, complete, … as in the run itself */
    state: string;
    /** what the platform says the listing holds; null while nobody knows */
    total: number | null;
    records: number;
    added: number;
    changed: number;
    gone: number;
    attachments: number;
    received_bytes: number;
    problems: number;
  }[];
};

/** The newest word about a run: `{ records, received_bytes, calls, streams: [{ stream, state, total, records, added, changed, gone, attachments,
 * received_bytes, problems }] }`. Null before the first word and as soon as the run has ended: then (and for everything else about the run) read
 * `GET /v2/runs/{run}`, which is refreshed by itself with each event of the run. */
export function useRunProgress(run: string | null): RunProgress | null {
  const hub = useContext(LiveContext);
  const word = useSyncExternalStore(
    hub?.watch ?? nothing,
    () => (run && hub ? (hub.progress.get(run) ?? null) : null),
    () => null,
  );
  return word ? (word.data as unknown as RunProgress) : null;
}

/** All runs of the account that go on now, by id. */
export function useRunsUnderway(): readonly RunProgress[] {
  const hub = useContext(LiveContext);
  const seen = useRef<{ of: readonly LiveEvent[]; shown: readonly RunProgress[] }>({ of: [], shown: [] });
  return useSyncExternalStore(
    hub?.watch ?? nothing,
    () => {
      const now = hub ? [...hub.progress.values()] : [];
      const { of } = seen.current;
      if (now.length !== of.length || now.some((word, at) => word !== of[at]))
        seen.current = { of: now, shown: now.map((word) => word.data as unknown as RunProgress) };
      return seen.current.shown;
    },
    () => seen.current.shown,
  );
}

/** The account itself is asked for in the same moment as the place where the hub begins, and nobody knows which was answered first. */
const isOfStart = (key: readonly unknown[]) => key[1] === "/v2/accounts/{account}";

/** Keeps every reading of the account fresh while the hub hears: what was read before the place where it begins is read again, then what events
 * concern. */
export function useFreshness(hub: LiveHub | null) {
  const { cache } = useApi();
  useEffect(() => {
    if (!hub) return;
    const freshness = new Freshness(cache);
    const unlisten = hub.listen((events) => freshness.take(events));
    let hasBegun = false;
    let isLost = false;
    const begin = () => {
      if (hub.state === "lost") isLost = true;
      if (hub.state !== "live") return;
      if (isLost) void cache.refetchQueries({ type: "active", predicate: (query) => query.state.status === "error" });
      isLost = false;
      if (hasBegun) return;
      hasBegun = true;
      const began = hub.begun?.at ?? Date.now();
      void cache.invalidateQueries({
        predicate: ({ state, queryKey }) => state.data !== undefined && (state.dataUpdatedAt <= began || isOfStart(queryKey)),
      });
    };
    const unwatch = hub.watch(begin);
    begin();
    return () => {
      unlisten();
      unwatch();
      freshness.stop();
    };
  }, [hub, cache]);
}
