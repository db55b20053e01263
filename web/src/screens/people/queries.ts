"use client";

import { useQuery } from "@tanstack/react-query";
import { allPages } from "@/lib/all-pages";
import { type Api, type Shape, useApi } from "@/lib/api";

export type Member = Shape["MemberShown"];
export type Role = Shape["RoleShown"];
export type Team = Shape["TeamShown"];

/** The roles that can be given here. */
export function useRoles() {
  const { call } = useApi();
  return useQuery({
    queryKey: ["people", "roles"],
    queryFn: async () =>
      (await allPages(async (cursor) => (await call.GET("/v2/roles", { params: { query: { limit: 500, cursor } } })).data)).items,
  });
}

export function useInvitations(account: string) {
  const { call } = useApi();
  return useQuery({
    queryKey: ["people", "invitations"],
    queryFn: async () =>
      (
        await allPages(
          async (cursor) =>
            (
              await call.GET("/v2/accounts/{account}/invitations", { params: { path: { account }, query: { limit: 200, cursor } } })
            ).data,
          400,
        )
      ).items,
  });
}

export function useTeams() {
  const { call } = useApi();
  return useQuery({
    queryKey: ["people", "teams"],
    queryFn: async () =>
      (await allPages(async (cursor) => (await call.GET("/v2/teams", { params: { query: { limit: 500, cursor } } })).data)).items,
  });
}

/** Everything about people is read anew. */
export const forgetPeople = (api: Api) => {
  void forgetMembers(api);
  void api.cache.invalidateQueries({ queryKey: ["people"] });
};

export const forgetMembers = (api: Api) => api.cache.invalidateQueries({ queryKey: ["get", "/v2/users"] });

export const versioned = (version: number | null) => (version ? { "If-Match": `"${version}"` } : {});
