"use client";

import { UserPlus } from "lucide-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { count } from "@/lib/format";
import { useT } from "@/lib/i18n";
import { useMembers } from "@/lib/listings";
import { useHere } from "@/lib/session";
import { useQuery } from "@/platform/params";
import { Members } from "@/screens/people/members";
import { useInvitations } from "@/screens/people/queries";
import { useLedHere } from "@/screens/shell/led-here";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { Page } from "@/ui/page";
import { SkeletonRows } from "@/ui/skeleton";
import { TabLinks } from "@/ui/tabs";
import "@/messages/en/people";

const waiting = () => (
  <Card>
    <SkeletonRows />
  </Card>
);
const Invitations = dynamic(() => import("@/screens/people/invitations"), { ssr: false, loading: waiting });
const Roles = dynamic(() => import("@/screens/people/roles"), { ssr: false, loading: waiting });
const Teams = dynamic(() => import("@/screens/people/teams"), { ssr: false, loading: waiting });
const Invite = dynamic(() => import("@/screens/people/invite"), { ssr: false });

const TABS = ["members", "invitations", "roles", "teams"] as const;

/** The people of an account: who they are, who is invited, what roles allow, teams. */
export default function People() {
  const t = useT();
  const here = useHere();
  const query = useQuery();
  const tab = query.get("tab") ?? "members";
  const [isInviting, setInviting] = useState(false);
  useLedHere("invite", () => setInviting(true));
  const members = useMembers();
  const invitations = useInvitations(here.account.id);
  const sizes: Partial<Record<(typeof TABS)[number], number | undefined>> = {
    members: members.data?.items.length,
    invitations: invitations.data?.filter((one) => one.state === "pending").length,
  };
  return (
    <Page
      title={t("people.title")}
      about={t("people.about", { name: here.account.name })}
      actions={
        here.may("members:manage") && (
          <Button kind="primary" onClick={() => setInviting(true)}>
            <UserPlus aria-hidden />
            {t("people.invite")}
          </Button>
        )
      }
    >
      <TabLinks
        label={t("people.views")}
        tabs={TABS.map((name) => ({
          href: here.path(`/people${name === "members" ? "" : `?tab=${name}`}`),
          name: t(`people.tab.${name}`),
          isHere: tab === name,
          count: sizes[name] ? count(sizes[name]) : undefined,
        }))}
      />
      {tab === "invitations" ? <Invitations /> : tab === "roles" ? <Roles /> : tab === "teams" ? <Teams /> : <Members query={members} />}
      {isInviting && here.may("members:manage") && <Invite onClose={() => setInviting(false)} />}
    </Page>
  );
}
