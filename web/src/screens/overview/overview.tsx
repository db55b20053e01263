"use client";

import { FileText } from "lucide-react";
import dynamic from "next/dynamic";
import { useEffect } from "react";
import { useT } from "@/lib/i18n";
import { useHere } from "@/lib/session";
import { useGo } from "@/platform/router";
import { useProtection } from "@/screens/accounts/queries";
import { Ages } from "@/screens/overview/ages";
import { Needs } from "@/screens/overview/needs";
import { Protected } from "@/screens/overview/protected";
import { NextRuns, RecentRuns } from "@/screens/overview/runs";
import { Usage } from "@/screens/overview/usage";
import { Cut } from "@/screens/sources/cut";
import { useKnown, useStandings } from "@/screens/sources/standing";
import { ButtonLink } from "@/ui/button";
import { Card } from "@/ui/card";
import { Later } from "@/ui/later";
import { Page } from "@/ui/page";
import { Skeleton, SkeletonRows } from "@/ui/skeleton";
import { Empty, Shown } from "@/ui/states";
import "@/messages/en/overview";

const Growth = dynamic(() => import("@/screens/overview/growth"), { ssr: false, loading: () => <Skeleton className="h-88" /> });
const RecentActivity = dynamic(() => import("@/screens/overview/recent"), { ssr: false, loading: () => <Skeleton className="h-96" /> });
const LOOKED_AT = 30;

/** Whether everything of the account is protected, what needs somebody first, and how it goes. */
export default function Overview() {
  const t = useT();
  const here = useHere();
  const { sources, standings, isWhole } = useStandings(LOOKED_AT);
  const known = useKnown();
  const clients = useProtection(here.account.id, here.may("accounts:read"));
  const isEmpty = sources.data?.items.length === 0;
  useOnboarding(isEmpty, clients.isLoading ? null : (clients.data?.items.length ?? 0) > 0);
  return (
    <Page
      title={t("overview.title")}
      about={here.account.name}
      actions={
        !isEmpty && (
          <ButtonLink href={here.path("/report")}>
            <FileText aria-hidden />
            {t("overview.report")}
          </ButtonLink>
        )
      }
    >
      <Shown query={sources} skeleton={<SkeletonRows rows={10} />}>
        {() =>
          isEmpty ? (
            <Card>
              {here.may("sources:manage") ? <SkeletonRows /> : <Empty title={t("overview.empty.title")}>{t("overview.empty.text")}</Empty>}
            </Card>
          ) : (
            <div className="grid gap-5">
              <Cut isWhole={sources.data?.isWhole} count={standings.length} />
              <div className="grid items-stretch gap-5 lg:grid-cols-[minmax(0,2fr)_minmax(0,3fr)]">
                <Protected standings={standings} isWhole={isWhole} />
                <Needs
                  standings={standings}
                  connections={known.connections}
                  clients={clients.data?.items ?? []}
                  isWhole={isWhole && !clients.isLoading}
                />
              </div>
              <Usage standings={standings} />
              <div className="grid items-start gap-5 lg:grid-cols-2">
                <Ages standings={standings} isWhole={isWhole} />
                {isWhole ? (
                  <Later place={<Skeleton className="h-88" />}>
                    <Growth standings={standings} most={LOOKED_AT} />
                  </Later>
                ) : (
                  <Skeleton className="h-88" />
                )}
              </div>
              <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
                {here.may("activity:read") ? (
                  <Later place={<Skeleton className="h-96" />}>
                    <RecentActivity standings={standings} />
                  </Later>
                ) : (
                  <RecentRuns standings={standings} runs={known.runs} />
                )}
                <NextRuns standings={standings} />
              </div>
            </div>
          )
        }
      </Shown>
    </Page>
  );
}

/** An account without a source begins with the first one, or with the accounts below it. `isParent` null: nobody knows yet. */
function useOnboarding(isEmpty: boolean, isParent: boolean | null) {
  const here = useHere();
  const go = useGo();
  const may = here.may("sources:manage");
  useEffect(() => {
    if (!isEmpty || isParent === null) return;
    if (isParent) go.instead(here.path("/accounts"));
    else if (may) go.instead(here.path("/start"));
  }, [isEmpty, isParent, may, go, here]);
}
