"use client";

import type { UseQueryResult } from "@tanstack/react-query";
import { Ellipsis, Eye, UserMinus, Users } from "lucide-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { useApi } from "@/lib/api";
import { day } from "@/lib/format";
import { useT } from "@/lib/i18n";
import { roleName } from "@/lib/permissions";
import { useHere, useSession } from "@/lib/session";
import { forgetMembers, forgetPeople, type Member, type Role, useRoles, versioned } from "@/screens/people/queries";
import { useAct } from "@/ui/act";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { Select, TextField } from "@/ui/field";
import { Menu, MenuItem } from "@/ui/menu";
import { SkeletonRows } from "@/ui/skeleton";
import { Empty, Shown } from "@/ui/states";
import { Table, Td, Th, Tr } from "@/ui/table";
import { tell } from "@/ui/toast";

const MemberMay = dynamic(() => import("@/screens/people/member-may"), { ssr: false });
const RemoveMember = dynamic(() => import("@/screens/people/remove-member"), { ssr: false });

/** Who has a role in the account itself. A role is changed where it stands, and can be changed back. */
export function Members({ query }: { query: UseQueryResult<{ items: readonly Member[]; isWhole: boolean }> }) {
  const t = useT();
  const [text, setText] = useState("");
  const roles = useRoles();
  const [asked, setAsked] = useState<{ what: "may" | "remove"; member: Member } | null>(null);
  const wanted = text.trim().toLocaleLowerCase();
  return (
    <Card>
      <Shown query={query} skeleton={<SkeletonRows />}>
        {({ items, isWhole }) => {
          const shown = items.filter((one) => !wanted || `${one.name} ${one.email}`.toLocaleLowerCase().includes(wanted));
          if (items.length === 0)
            return (
              <Empty icon={<Users aria-hidden />} title={t("people.members.none")}>
                {t("people.members.none.text")}
              </Empty>
            );
          return (
            <>
              {items.length > 8 && (
                <div className="border-b border-line px-4 py-3">
                  <TextField
                    label={t("people.search")}
                    isLabelHidden
                    type="search"
                    placeholder={t("people.search")}
                    value={text}
                    onChange={(event) => setText(event.target.value)}
                    className="max-w-64"
                  />
                </div>
              )}
              {shown.length === 0 && <Empty title={t("people.search.none")} />}
              {shown.length > 0 && (
                <Table
                  label={t("people.tab.members")}
                  head={
                    <>
                      <Th>{t("people.column.person")}</Th>
                      <Th>{t("people.column.role")}</Th>
                      <Th className="hidden md:table-cell">{t("people.column.mfa")}</Th>
                      <Th className="hidden md:table-cell">{t("people.column.since")}</Th>
                      <Th>
                        <span className="sr-only">{t("people.column.acts")}</span>
                      </Th>
                    </>
                  }
                >
                  {shown.map((member) => (
                    <MemberRow key={member.user} member={member} roles={roles.data ?? []} onAsk={(what) => setAsked({ what, member })} />
                  ))}
                </Table>
              )}
              {!isWhole && <p className="border-t border-line px-4 py-2.5 text-[13px] text-muted">{t("people.members.more")}</p>}
            </>
          );
        }}
      </Shown>
      {asked?.what === "may" && <MemberMay member={asked.member} roles={roles.data ?? []} onClose={() => setAsked(null)} />}
      {asked?.what === "remove" && <RemoveMember member={asked.member} onClose={() => setAsked(null)} />}
    </Card>
  );
}

function MemberRow({ member, roles, onAsk }: { member: Member; roles: readonly Role[]; onAsk: (what: "may" | "remove") => void }) {
  const t = useT();
  const here = useHere();
  const { me } = useSession();
  const mayChange = here.may("members:manage");
  const name = member.name || member.email;
  return (
    <Tr>
      <Td className="min-w-32">
        <p className="font-medium">
          {name}
          {member.user === me.id && <span className="font-normal text-muted"> ({t("people.you")})</span>}
        </p>
        <p className="text-[13px] text-muted">{member.email}</p>
        <div className="mt-1 md:hidden">
          <Factor member={member} isNamed />
        </div>
      </Td>
      <Td className="min-w-34 max-md:px-1">
        {mayChange && roles.length > 0 ? <RoleOf member={member} roles={roles} /> : roleName(t, member.role, roles)}
      </Td>
      <Td className="hidden md:table-cell">
        <Factor member={member} />
      </Td>
      <Td className="hidden whitespace-nowrap text-muted md:table-cell">{day(member.joined_at)}</Td>
      <Td className="w-0">
        <Menu
          trigger={
            <Button kind="quiet" size="icon-sm" aria-label={t("people.acts", { name })}>
              <Ellipsis aria-hidden />
            </Button>
          }
        >
          <MenuItem onChoose={() => onAsk("may")}>
            <Eye aria-hidden />
            {t("people.may.menu")}
          </MenuItem>
          {mayChange && (
            <MenuItem isDanger onChoose={() => onAsk("remove")}>
              <UserMinus aria-hidden />
              {t("people.remove")}
            </MenuItem>
          )}
        </Menu>
      </Td>
    </Tr>
  );
}

function Factor({ member, isNamed = false }: { member: Member; isNamed?: boolean }) {
  const t = useT();
  const word = t(member.has_mfa ? "people.mfa.on" : "people.mfa.off");
  return <Badge tone={member.has_mfa ? "good" : "warn"}>{isNamed ? `${t("people.column.mfa")}: ${word}` : word}</Badge>;
}

function RoleOf({ member, roles }: { member: Member; roles: readonly Role[] }) {
  const t = useT();
  const api = useApi();
  const { isBusy, act } = useAct();
  const name = member.name || member.email;
  const give = async (role: string, version: number | null) => {
    const { data } = await api.call.PATCH("/v2/users/{user}", {
      params: { path: { user: member.user }, header: versioned(version) },
      body: { role },
    });
    await forgetMembers(api);
    forgetPeople(api);
    return data?.version ?? null;
  };
  const change = act(async (role: string) => {
    const version = await give(role, member.version);
    void tell(t("people.role.changed", { name, role: roleName(t, role, roles) }), async () => {
      await give(member.role, version);
    });
  });
  return (
    <Select
      label={t("people.role.of", { name })}
      isLabelHidden
      disabled={isBusy}
      value={member.role}
      onChange={(event) => void change(event.target.value)}
    >
      {!roles.some((role) => role.id === member.role) && <option value={member.role}>{member.role}</option>}
      {roles.map((role) => (
        <option key={role.id} value={role.id}>
          {roleName(t, role.id, roles)}
        </option>
      ))}
    </Select>
  );
}
