import { notifyManager, QueryClient } from "@tanstack/react-query";
import createHooks, { type OpenapiQueryClient } from "openapi-react-query";
import { createContext, useContext } from "react";
import { type Call, callOf, personCall } from "@/lib/call";
import { asProblem, type Problem } from "@/lib/problem";
import { inRounds } from "@/lib/rounds";
import type { components, paths } from "@/lib/schema";

notifyManager.setScheduler(inRounds());

/** The API's models by name: `Shape["RunShown"]`. */
export type Shape = components["schemas"];

export type Api = {
  account: string | null;
  /** Typed calls for events. They throw Problem. */
  call: Call;
  /** Typed hooks for renders: `api.use.useQuery("get", "/v2/…", { params })`. Their error is a Problem. */
  use: OpenapiQueryClient<paths>;
  /** What was read of this account, and of no other. */
  cache: QueryClient;
};

const apis = new Map<string | null, Api>();

/** The API as one account sees it; null is the person without an account. The same object for the same account. */
export function apiOf(account: string | null): Api {
  const known = apis.get(account);
  if (known) return known;
  const call = account ? callOf(account) : personCall;
  const api: Api = { account, call, use: createHooks(call), cache: cacheOf() };
  apis.set(account, api);
  return api;
}

export const ApiContext = createContext<Api>(apiOf(null));
export const useApi = () => useContext(ApiContext);

/** Forgets all that was read of all accounts (after signing out). */
export function forgetEverything() {
  for (const api of apis.values()) api.cache.clear();
}

function cacheOf(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 15_000,
        gcTime: 10 * 60_000,
        // offline is an answer like others: a screen says it, instead of waiting for what is not even asked
        networkMode: "always",
        refetchOnReconnect: true,
        retry: (failures, error) => failures < 2 && isWorthAnotherTry(asProblem(error)),
        retryDelay: (failures, error) => 1000 * (asProblem(error).retryAfter ?? 2 ** failures),
      },
    },
  });
}

const isWorthAnotherTry = (problem: Problem) => problem.code === "offline" || problem.status === 429 || problem.status >= 502;
