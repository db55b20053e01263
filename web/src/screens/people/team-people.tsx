"use client";

import { useQuery } from "@tanstack/react-query";
import { X } from "lucide-react";
import { allPages } from "@/lib/all-pages";
import { useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { useMembers } from "@/lib/listings";
import { useHere } from "@/lib/session";
import { forgetPeople, type Team } from "@/screens/people/queries";
import { useAct } from "@/ui/act";
import { Button } from "@/ui/button";
import { Select } from "@/ui/field";
import { Skeleton } from "@/ui/skeleton";
import { Shown } from "@/ui/states";

/** Who is in a team. */
export function TeamPeople({ team }: { team: Team }) {
  const t = useT();
  const here = useHere();
  const api = useApi();
  const { isBusy, act } = useAct();
  const members = useMembers();
  const mates = useQuery({
    queryKey: ["people", "team", team.id, "mates"],
    queryFn: async () =>
      (
        await allPages(
          async (cursor) =>
            (
              await api.call.GET("/v2/teams/{team}/members", { params: { path: { team: team.id }, query: { limit: 200, cursor } } })
            ).data,
        )
      ).items,
  });
  const may = here.may("members:manage");
  const change = act(async (call: () => Promise<unknown>) => {
    await call();
    forgetPeople(api);
  });
  const add = (user: string) =>
    change(() => api.call.POST("/v2/teams/{team}/members", { params: { path: { team: team.id } }, body: { user } }));
  const take = (user: string) =>
    change(() => api.call.DELETE("/v2/teams/{team}/members/{user}", { params: { path: { team: team.id, user } } }));
  const others = (members.data?.items ?? []).filter((one) => !mates.data?.some((mate) => mate.user === one.user));
  return (
    <div>
      <h3 className="mb-2 text-[13px] font-medium text-muted">{t("people.teams.people")}</h3>
      <Shown query={mates} skeleton={<Skeleton className="w-40" />}>
        {(items) => (
          <>
            {items.length === 0 && <p className="text-sm text-muted">{t("people.teams.people.none")}</p>}
            <ul className="grid gap-1">
              {items.map((mate) => (
                <li key={mate.user} className="flex min-h-8 items-center justify-between gap-2 text-sm">
                  <span className="min-w-0">
                    {mate.name || mate.email} <span className="text-muted">{mate.name && mate.email}</span>
                  </span>
                  {may && (
                    <Button
                      kind="quiet"
                      size="icon-sm"
                      disabled={isBusy}
                      aria-label={t("people.teams.people.take", { name: mate.name || mate.email })}
                      onClick={() => void take(mate.user)}
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
      {may && others.length > 0 && (
        <div className="mt-3 max-w-xs">
          <Select
            label={t("people.teams.people.add")}
            isLabelHidden
            disabled={isBusy}
            value=""
            onChange={(event) => event.target.value && void add(event.target.value)}
          >
            <option value="">{t("people.teams.people.add")}…</option>
            {others.map((one) => (
              <option key={one.user} value={one.user}>
                {one.name || one.email}
              </option>
            ))}
          </Select>
        </div>
      )}
    </div>
  );
}
