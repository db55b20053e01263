"use client";

import { useQuery } from "@tanstack/react-query";
import { X } from "lucide-react";
import { type FormEvent, useState } from "react";
import { allPages } from "@/lib/all-pages";
import { useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { roleName } from "@/lib/permissions";
import { useHere } from "@/lib/session";
import { forgetPeople, type Team, useRoles } from "@/screens/people/queries";
import { useAct } from "@/ui/act";
import { Button } from "@/ui/button";
import { Select } from "@/ui/field";
import { Skeleton } from "@/ui/skeleton";
import { Shown } from "@/ui/states";

/** In which accounts a team has which role. */
export function TeamRoles({ team }: { team: Team }) {
  const t = useT();
  const here = useHere();
  const api = useApi();
  const roles = useRoles().data ?? [];
  const [where, setWhere] = useState(here.account.id);
  const [role, setRole] = useState("viewer");
  const { isBusy, act } = useAct();
  const given = useQuery({
    queryKey: ["people", "team", team.id, "roles"],
    queryFn: async () =>
      (
        await allPages(
          async (cursor) =>
            (
              await api.call.GET("/v2/teams/{team}/roles", { params: { path: { team: team.id }, query: { limit: 200, cursor } } })
            ).data,
        )
      ).items,
  });
  const below = useQuery({
    queryKey: ["people", "places", here.account.id],
    queryFn: async () =>
      (
        await allPages(
          async (cursor) =>
            (
              await api.call.GET("/v2/accounts/{account}/descendants", {
                params: { path: { account: here.account.id }, query: { limit: 500, cursor } },
              })
            ).data,
        )
      ).items,
  });
  const may = here.may("members:manage");
  const places = [{ id: here.account.id, name: here.account.name }, ...(below.data ?? [])];
  const nameOf = (id: string) => places.find((one) => one.id === id)?.name ?? id;
  const change = act(async (call: () => Promise<unknown>) => {
    await call();
    forgetPeople(api);
  });
  const give = (event: FormEvent) => {
    event.preventDefault();
    void change(() => api.call.PUT("/v2/teams/{team}/roles/{where}", { params: { path: { team: team.id, where } }, body: { role } }));
  };
  const take = (account: string) =>
    change(() => api.call.DELETE("/v2/teams/{team}/roles/{where}", { params: { path: { team: team.id, where: account } } }));
  return (
    <div>
      <h3 className="mb-2 text-[13px] font-medium text-muted">{t("people.teams.roles")}</h3>
      <Shown query={given} skeleton={<Skeleton className="w-40" />}>
        {(items) => (
          <>
            {items.length === 0 && <p className="text-sm text-muted">{t("people.teams.roles.none")}</p>}
            <ul className="grid gap-1">
              {items.map((one) => (
                <li key={one.account} className="flex min-h-8 items-center justify-between gap-2 text-sm">
                  <span className="min-w-0">
                    {nameOf(one.account)} <span className="text-muted">· {roleName(t, one.role, roles)}</span>
                  </span>
                  {may && (
                    <Button
                      kind="quiet"
                      size="icon-sm"
                      disabled={isBusy}
                      aria-label={t("people.teams.roles.take", { name: nameOf(one.account) })}
                      onClick={() => void take(one.account)}
                    >
                      <X aria-hidden />
                    </Button>
                  )}
                </li>
              ))}
            </ul>
          </>
        )}
      </Shown>
      {may && (
        <form onSubmit={give} className="mt-3 grid items-end gap-2 sm:grid-cols-[1fr_1fr_auto]">
          <Select label={t("people.teams.roles.where")} value={where} onChange={(event) => setWhere(event.target.value)}>
            {places.map((place) => (
              <option key={place.id} value={place.id}>
                {place.name}
              </option>
            ))}
          </Select>
          <Select label={t("people.teams.roles.role")} value={role} onChange={(event) => setRole(event.target.value)}>
            {roles.map((one) => (
              <option key={one.id} value={one.id}>
                {roleName(t, one.id, roles)}
              </option>
            ))}
          </Select>
          <Button type="submit" isBusy={isBusy}>
            {t("people.teams.roles.add")}
          </Button>
        </form>
      )}
    </div>
  );
}
