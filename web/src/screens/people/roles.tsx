"use client";

import { Pencil, Plus, Trash2 } from "lucide-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { useApi } from "@/lib/api";
import { cn } from "@/lib/cn";
import { useT } from "@/lib/i18n";
import { isBuiltIn, roleAbout, roleName } from "@/lib/permissions";
import { useHere } from "@/lib/session";
import { useQuery } from "@/platform/params";
import { Link } from "@/platform/router";
import { forgetPeople, type Role, useRoles } from "@/screens/people/queries";
import { RoleWords } from "@/screens/people/role-words";
import { useAct } from "@/ui/act";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Card, Section } from "@/ui/card";
import { SkeletonRows } from "@/ui/skeleton";
import { Shown } from "@/ui/states";
import { tell } from "@/ui/toast";

const RoleForm = dynamic(() => import("@/screens/people/role-form"), { ssr: false });

/** The roles that can be given here, and for the chosen one what whoever has it sees and may do. */
export default function Roles() {
  const t = useT();
  const here = useHere();
  const roles = useRoles();
  const asked = useQuery().get("role");
  const [edited, setEdited] = useState<Role | "new" | null>(null);
  const mayMake = here.may("roles:manage");
  return (
    <Shown
      query={roles}
      skeleton={
        <Card>
          <SkeletonRows rows={8} />
        </Card>
      }
    >
      {(items) => {
        const chosen = items.find((role) => role.id === asked) ?? items.find((role) => role.id === "viewer") ?? items[0];
        return (
          <div className="grid items-start gap-4 lg:grid-cols-[16rem_minmax(0,1fr)]">
            <nav aria-label={t("people.roles.list")} className="rounded-lg border border-line bg-surface p-1.5">
              <ul className="grid gap-0.5">
                {items.map((role) => (
                  <li key={role.id}>
                    <Link
                      href={here.path(`/people?tab=roles&role=${role.id}`)}
                      aria-current={role.id === chosen?.id ? "true" : undefined}
                      className={cn(
                        "flex min-h-9 items-center justify-between gap-2 rounded-md px-2.5 text-sm",
                        role.id === chosen?.id ? "bg-accent-soft font-medium text-accent" : "hover:bg-sunken",
                      )}
                    >
                      {roleName(t, role.id, items)}
                      {!isBuiltIn(role.id) && (
                        <span className="text-xs font-normal text-muted">
                          {t(role.account === here.account.id ? "people.roles.custom" : "people.roles.above")}
                        </span>
                      )}
                    </Link>
                  </li>
                ))}
              </ul>
              {mayMake && (
                <Button kind="quiet" size="sm" className="mt-1.5 w-full" onClick={() => setEdited("new")}>
                  <Plus aria-hidden />
                  {t("people.roles.new")}
                </Button>
              )}
            </nav>
            {chosen && <Chosen role={chosen} roles={items} onEdit={() => setEdited(chosen)} />}
            {edited && <RoleForm role={edited === "new" ? null : edited} onClose={() => setEdited(null)} />}
          </div>
        );
      }}
    </Shown>
  );
}

function Chosen({ role, roles, onEdit }: { role: Role; roles: readonly Role[]; onEdit: () => void }) {
  const t = useT();
  const here = useHere();
  const api = useApi();
  const { isBusy, act } = useAct();
  const about = roleAbout(role.id);
  const isOwn = role.account === here.account.id;
  const remove = act(async () => {
    await api.call.DELETE("/v2/roles/{role}", { params: { path: { role: role.id } } });
    forgetPeople(api);
    void tell(t("people.roles.deleted", { name: role.name }), async () => {
      await api.call.POST("/v2/roles", { body: { name: role.name, permissions: role.permissions } });
      forgetPeople(api);
    });
  });
  return (
    <Section
      title={
        <span className="flex flex-wrap items-center gap-2">
          {roleName(t, role.id, roles)}
          {isBuiltIn(role.id) && <Badge>{t("people.roles.builtin")}</Badge>}
        </span>
      }
      about={about ? t(about) : t("people.roles.count", { count: role.permissions.length })}
      actions={
        isOwn &&
        here.may("roles:manage") && (
          <>
            <Button size="sm" onClick={onEdit}>
              <Pencil aria-hidden />
              {t("people.roles.edit")}
            </Button>
            <Button size="sm" kind="quiet" isBusy={isBusy} onClick={remove}>
              <Trash2 aria-hidden />
              {t("people.roles.delete")}
            </Button>
          </>
        )
      }
    >
      <h3 className="mb-3 text-sm text-muted">{t("people.roles.view")}</h3>
      <RoleWords permissions={role.permissions} />
    </Section>
  );
}
