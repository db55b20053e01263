"use client";

import { useApi } from "@/lib/api";
import { ago, bytes, count } from "@/lib/format";
import { useT } from "@/lib/i18n";
import { useHere } from "@/lib/session";
import type { Standing } from "@/screens/sources/standing";
import { Figure } from "@/ui/card";
import { Skeleton } from "@/ui/skeleton";

const PLACES = "grid grid-cols-2 gap-3 lg:grid-cols-4";

/** What the account holds: records and sources as they are now, the rest as it was measured last. */
export function Usage({ standings }: { standings: readonly Standing[] }) {
  const t = useT();
  const here = useHere();
  const params = { path: { account: here.account.id } };
  const usage = useApi().use.useQuery("get", "/v2/accounts/{account}/usage", { params }, { enabled: here.may("accounts:read") });
  if (!here.may("accounts:read") || usage.isError) return null;
  if (!usage.data)
    return (
      <div className={PLACES}>
        {["records", "stored", "snapshots", "sources"].map((name) => (
          <Skeleton key={name} className="h-24 lg:h-23.75" />
        ))}
      </div>
    );
  const { own, measured_at } = usage.data;
  const measured = t("overview.figure.measured", { ago: ago(measured_at) });
  const records = standings.reduce((sum, one) => sum + (one.last?.records ?? 0), 0);
  return (
    <div className={PLACES}>
      <Figure name={t("overview.figure.records")} value={count(records)} />
      <Figure name={t("overview.figure.stored")} value={bytes(own.stored_bytes)} about={measured} />
      <Figure name={t("overview.figure.snapshots")} value={count(own.snapshots)} about={measured} />
      <Figure name={t("overview.figure.sources")} value={count(standings.length)} />
    </div>
  );
}
