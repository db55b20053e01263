import type { QueryClient } from "@tanstack/react-query";
import type { LiveEvent } from "@/lib/live-stream";

// What a kind of event makes stale: addresses that begin so. An event of a kind that is not named here makes nothing stale but the trail.
const STALE: readonly [event: RegExp, reads: readonly string[]][] = [
  [/^run\.(queued|started|waiting|cancel_requested)$/, ["/v2/runs", "/v2/jobs/{job}/runs", "/v2/system/queues"]],
  [
    /^run\./,
    [
      "/v2/runs",
      "/v2/jobs",
      "/v2/sources",
      "/v2/snapshots",
      "/v2/change-sets",
      "/v2/search",
      "/v2/data",
      "/v2/system",
      "/v2/accounts/{account}/usage",
    ],
  ],
  [/^snapshot\./, ["/v2/sources", "/v2/snapshots", "/v2/change-sets"]],
  [/^(source|source_group)\./, ["/v2/sources", "/v2/source-groups", "/v2/trash", "/v2/jobs"]],
  [/^(connection|hook)\./, ["/v2/connections", "/v2/sources"]],
  [/^integration\./, ["/v2/integrations", "/v2/platforms"]],
  [/^job\./, ["/v2/jobs"]],
  [/^restore\./, ["/v2/restores", "/v2/sources"]],
  [/^export\./, ["/v2/exports"]],
  [/^erasure\./, ["/v2/erasures", "/v2/snapshots", "/v2/sources"]],
  [/^(account|member|invitation|role|team|person|user)\./, ["/v2/accounts", "/v2/users", "/v2/roles", "/v2/teams"]],
  [/^api_key\./, ["/v2/api-keys"]],
  [/^(copy|dead_letter|setup|letter)\./, ["/v2/system", "/v2/queues"]],
];

/** The addresses whose readings these events make stale; null means all of them. */
export function staleBy(events: readonly LiveEvent[]): Set<string> | null {
  const stale = new Set<string>();
  for (const { event } of events) {
    if (event === "live.gap") return null;
    if (event === "run.progress") continue;
    stale.add("/v2/activity");
    for (const read of STALE.find(([kind]) => kind.test(event))?.[1] ?? []) stale.add(read);
  }
  return stale;
}

const LEAST_MS = 400; // between two rounds: two hundred events a second must not become two hundred readings

/** Reads again what is on the screen, and forgets the freshness of the rest, whenever events say that it has changed. */
export class Freshness {
  private stale: Set<string> | null = new Set();
  private timer: ReturnType<typeof setTimeout> | null = null;
  private done = 0;

  constructor(private readonly cache: Pick<QueryClient, "invalidateQueries">) {}

  take(events: readonly LiveEvent[]) {
    const more = staleBy(events);
    if (more === null) this.stale = null;
    else if (this.stale) for (const read of more) this.stale.add(read);
    if (this.stale?.size === 0 || this.timer) return;
    const wait = Math.max(0, this.done + LEAST_MS - Date.now());
    if (wait === 0) this.round();
    else this.timer = setTimeout(() => this.round(), wait);
  }

  stop() {
    if (this.timer) clearTimeout(this.timer);
  }

  private round() {
    this.timer = null;
    this.done = Date.now();
    const stale = this.stale;
    this.stale = new Set();
    void this.cache.invalidateQueries({ predicate: (query) => isOf(query.queryKey, stale) });
  }
}

// openapi-react-query's keys are [method, address as in the schema, parameters]
function isOf(key: readonly unknown[], stale: Set<string> | null): boolean {
  const address = key[1];
  if (stale === null) return true;
  if (typeof address !== "string") return false;
  for (const begin of stale) if (address === begin || address.startsWith(`${begin}/`)) return true;
  return false;
}
