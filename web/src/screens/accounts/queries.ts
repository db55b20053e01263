"use client";

import { useQuery } from "@tanstack/react-query";
import { allPages } from "@/lib/all-pages";
import { type Api, type Shape, useApi } from "@/lib/api";

export type Guarded = Shape["ProtectionShown"];
export type Node = Shape["AccountNode"];

/** How well each account below is protected, all of them. Read anew by the minute: a target passes without an event. */
export function useProtection(account: string, isWanted = true) {
  const api = useApi();
  return useQuery({
    queryKey: ["accounts", "protection", account],
    enabled: isWanted,
    refetchInterval: 60_000,
    queryFn: () =>
      allPages(
        async (cursor) =>
          (await api.call.GET("/v2/accounts/{account}/protection", { params: { path: { account }, query: { limit: 200, cursor } } })).data,
      ),
  });
}

/** What was deleted below the account and can be taken back. */
export function useTrash(account: string) {
  const api = useApi();
  return useQuery({
    queryKey: ["accounts", "trash", account],
    queryFn: () =>
      allPages(
        async (cursor) =>
          (await api.call.GET("/v2/accounts/{account}/trash", { params: { path: { account }, query: { limit: 200, cursor } } })).data,
      ),
  });
}

/** The account with what lies directly below it and one level more, to know what can be opened. */
export const branchOf = (api: Api, account: string) => ({
  queryKey: ["accounts", "branch", account],
  staleTime: 15_000,
  queryFn: async () => {
    const { data } = await api.call.GET("/v2/accounts/{account}/hierarchy", { params: { path: { account }, query: { depth: 1 } } });
    if (!data) throw new Error("an answer without content");
    return data;
  },
});

/** Everything that was read of accounts is read anew: an act in the tree changes more than one list. */
export function forgetAccounts(api: Api) {
  void api.cache.invalidateQueries({ queryKey: ["accounts"] });
  void api.cache.invalidateQueries({ queryKey: ["get", "/v2/accounts/{account}"] });
}
