"use client";

import { Ellipsis, Pencil, Plus, Trash2, Users } from "lucide-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { useT } from "@/lib/i18n";
import { useHere } from "@/lib/session";
import { type Team, useTeams } from "@/screens/people/queries";
import { TeamPeople } from "@/screens/people/team-people";
import { TeamRoles } from "@/screens/people/team-roles";
import { Button } from "@/ui/button";
import { Card, Section } from "@/ui/card";
import { Menu, MenuItem } from "@/ui/menu";
import { SkeletonRows } from "@/ui/skeleton";
import { Empty, Shown } from "@/ui/states";

const TeamDialog = dynamic(() => import("@/screens/people/team-dialog"), { ssr: false });

export type TeamAct = { act: "create" } | { act: "rename" | "delete"; team: Team };

/** Teams: several people who have a role at once, here or in accounts below. */
export default function Teams() {
  const t = useT();
  const here = useHere();
  const teams = useTeams();
  const [open, setOpen] = useState<TeamAct | null>(null);
  const may = here.may("members:manage");
  const create = may && (
    <Button onClick={() => setOpen({ act: "create" })}>
      <Plus aria-hidden />
      {t("people.teams.new")}
    </Button>
  );
  return (
    <>
      <Shown
        query={teams}
        skeleton={
          <Card>
            <SkeletonRows />
          </Card>
        }
      >
        {(items) =>
          items.length === 0 ? (
            <Card>
              <Empty icon={<Users aria-hidden />} title={t("people.teams.none")} action={create}>
                {t("people.teams.none.text")}
              </Empty>
            </Card>
          ) : (
            <div className="grid gap-4">
              {create && <div>{create}</div>}
              {items.map((team) => (
                <Section
                  key={team.id}
                  title={team.name}
                  actions={
                    may && (
                      <Menu
                        trigger={
                          <Button kind="quiet" size="icon-sm" aria-label={t("people.acts", { name: team.name })}>
                            <Ellipsis aria-hidden />
                          </Button>
                        }
                      >
                        <MenuItem onChoose={() => setOpen({ act: "rename", team })}>
                          <Pencil aria-hidden />
                          {t("people.teams.rename")}
                        </MenuItem>
                        <MenuItem isDanger onChoose={() => setOpen({ act: "delete", team })}>
                          <Trash2 aria-hidden />
                          {t("people.teams.delete")}
                        </MenuItem>
                      </Menu>
                    )
                  }
                >
                  <div className="grid gap-x-8 gap-y-5 md:grid-cols-2">
                    <TeamPeople team={team} />
                    <TeamRoles team={team} />
                  </div>
                </Section>
              ))}
            </div>
          )
        }
      </Shown>
      {open && <TeamDialog open={open} onClose={() => setOpen(null)} />}
    </>
  );
}
