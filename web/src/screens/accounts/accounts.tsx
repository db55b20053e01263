"use client";

import { Plus } from "lucide-react";
import dynamic from "next/dynamic";
import { count } from "@/lib/format";
import { useT } from "@/lib/i18n";
import { useHere } from "@/lib/session";
import { useQuery } from "@/platform/params";
import { useActs } from "@/screens/accounts/acts";
import { useProtection, useTrash } from "@/screens/accounts/queries";
import { useLedHere } from "@/screens/shell/led-here";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { Page } from "@/ui/page";
import { SkeletonRows } from "@/ui/skeleton";
import { TabLinks } from "@/ui/tabs";
import "@/messages/en/accounts";

const waiting = () => (
  <Card>
    <SkeletonRows rows={8} />
  </Card>
);
// They ask for themselves: a result handed down to what is still being loaded would stand still, for its reader alone is told of changes.
const RiskList = dynamic(() => import("@/screens/accounts/risk-list"), { ssr: false, loading: waiting });
const AccountTree = dynamic(() => import("@/screens/accounts/tree"), { ssr: false, loading: waiting });
const Trash = dynamic(() => import("@/screens/accounts/trash"), { ssr: false, loading: waiting });

/** The accounts below this one: which are not protected, how they nest, which were deleted. */
export default function Accounts() {
  const t = useT();
  const here = useHere();
  const acts = useActs();
  useLedHere("new", () => acts.begin("create", { id: here.account.id, name: here.account.name }));
  const view = useQuery().get("view") ?? "protection";
  const protection = useProtection(here.account.id);
  const trash = useTrash(here.account.id);
  const at = (name: string) => here.path(name === "protection" ? "/accounts" : `/accounts?view=${name}`);
  const thrown = trash.data?.items.length ?? 0;
  return (
    <Page
      title={t("accounts.title")}
      about={t("accounts.about", { name: here.account.name })}
      actions={
        here.may("accounts:manage") && (
          <Button kind="primary" onClick={() => acts.begin("create", { id: here.account.id, name: here.account.name })}>
            <Plus aria-hidden />
            {t("accounts.create")}
          </Button>
        )
      }
    >
      <TabLinks
        label={t("accounts.views")}
        tabs={[
          {
            href: at("protection"),
            name: t("accounts.view.protection"),
            isHere: view === "protection",
            count: protection.data ? count(protection.data.items.length) : undefined,
          },
          { href: at("tree"), name: t("accounts.view.tree"), isHere: view === "tree" },
          { href: at("trash"), name: t("accounts.view.trash"), isHere: view === "trash", count: thrown ? count(thrown) : undefined },
          { href: here.path(`/accounts/${here.account.id}`), name: t("accounts.view.this"), isHere: false },
        ]}
      />
      {view === "tree" ? <AccountTree acts={acts} /> : view === "trash" ? <Trash /> : <RiskList acts={acts} />}
      {acts.dialog}
    </Page>
  );
}
