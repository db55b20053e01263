"use client";

import { useApi } from "@/lib/api";
import { bytes, count } from "@/lib/format";
import { useT } from "@/lib/i18n";
import { useHere } from "@/lib/session";
import { Figure } from "@/ui/card";
import { Skeleton } from "@/ui/skeleton";

/** What the account holds now. */
export function Usage() {
  const t = useT();
  const here = useHere();
  const params = { path: { account: here.account.id } };
  const usage = useApi().use.useQuery("get", "/v2/accounts/{account}/usage", { params }, { enabled: here.may("accounts:read") });
  if (!here.may("accounts:read") || usage.isError) return null;
  if (!usage.data) return <Skeleton className="h-20" />;
  const { own } = usage.data;
  return (
    <div className="grid grid-cols-2 gap-3 lg:grid-cols-4">
      <Figure name={t("overview.figure.records")} value={count(own.records)} />
      <Figure name={t("overview.figure.stored")} value={bytes(own.stored_bytes)} />
      <Figure name={t("overview.figure.snapshots")} value={count(own.snapshots)} />
      <Figure name={t("overview.figure.sources")} value={count(own.sources)} />
    </div>
  );
}
