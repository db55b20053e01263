"use client";

import { useQuery as useRead } from "@tanstack/react-query";
import { ArrowRight } from "lucide-react";
import { useApi } from "@/lib/api";
import { day } from "@/lib/format";
import { useT } from "@/lib/i18n";
import { useHere } from "@/lib/session";
import { usePart, useQuery } from "@/platform/params";
import { useGo } from "@/platform/router";
import { ActsMenu, useActs } from "@/screens/accounts/acts";
import { Limits } from "@/screens/accounts/limits";
import { Policies } from "@/screens/accounts/policies";
import { branchOf } from "@/screens/accounts/queries";
import { Usage } from "@/screens/accounts/usage";
import { Badge } from "@/ui/badge";
import { ButtonLink } from "@/ui/button";
import { Page } from "@/ui/page";
import { SkeletonRows } from "@/ui/skeleton";
import { Shown } from "@/ui/states";
import { TabLinks } from "@/ui/tabs";
import "@/messages/en/accounts";

/** One account as whoever is above it sees it: what it holds, how much it may hold, and what is asked of it. */
export default function AccountPage() {
  const id = usePart("accounts");
  return id ? <One key={id} id={id} /> : <SkeletonRows />;
}

function One({ id }: { id: string }) {
  const t = useT();
  const here = useHere();
  const api = useApi();
  const go = useGo();
  const tab = useQuery().get("tab") ?? "usage";
  const acts = useActs(() => go.instead(here.path("/accounts")));
  const detail = api.use.useQuery("get", "/v2/accounts/{account}", { params: { path: { account: id } } });
  const place = useRead(branchOf(api, id));
  const at = (name: string) => here.path(`/accounts/${id}${name === "usage" ? "" : `?tab=${name}`}`);
  return (
    <Shown query={detail} skeleton={<SkeletonRows />}>
      {(account) => (
        <Page
          title={account.name}
          trail={[
            { name: t("accounts.title"), href: here.path("/accounts") },
            ...(place.data?.above ?? [])
              .filter((one) => one.id !== id)
              .map((one) => ({ name: one.name, href: here.path(`/accounts/${one.id}`) })),
          ]}
          about={
            <span className="flex flex-wrap items-center gap-2">
              {t("accounts.since", { day: day(account.created_at) })}
              {account.state === "suspended" && <Badge tone="warn">{t("accounts.state.suspended")}</Badge>}
              {account.suspended_why && <span>{account.suspended_why}</span>}
            </span>
          }
          actions={
            <>
              <ActsMenu isHere subject={{ id, name: account.name, state: account.state, parent: account.parent }} acts={acts} />
              {id !== here.account.id && (
                <ButtonLink kind="primary" href={`/a/${id}`}>
                  {t("accounts.enter")}
                  <ArrowRight aria-hidden />
                </ButtonLink>
              )}
            </>
          }
        >
          <TabLinks
            label={t("accounts.parts")}
            tabs={(["usage", "limits", "policies"] as const).map((name) => ({
              href: at(name),
              name: t(`accounts.tab.${name}`),
              isHere: tab === name,
            }))}
          />
          {tab === "policies" ? (
            <Policies account={account} above={place.data?.above ?? []} />
          ) : tab === "limits" ? (
            <Limits account={account} />
          ) : (
            <Usage account={id} />
          )}
          {acts.dialog}
        </Page>
      )}
    </Shown>
  );
}
