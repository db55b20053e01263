"use client";

import type { Shape } from "@/lib/api";
import { useApi } from "@/lib/api";
import { bytes, count } from "@/lib/format";
import { type Key, useT } from "@/lib/i18n";
import { Card } from "@/ui/card";
import { SkeletonRows } from "@/ui/skeleton";
import { Shown } from "@/ui/states";
import { Table, Td, Th, Tr } from "@/ui/table";
import { Ago } from "@/ui/time";

const FIGURES: readonly { of: keyof Shape["Held"]; name: Key; show: (value: number) => string }[] = [
  { of: "sources", name: "accounts.usage.sources", show: count },
  { of: "snapshots", name: "accounts.usage.snapshots", show: count },
  { of: "records", name: "accounts.usage.records", show: count },
  { of: "stored_bytes", name: "accounts.usage.bytes", show: bytes },
  { of: "runs", name: "accounts.usage.runs", show: count },
];

/** What the account holds, by itself and with all below it. */
export function Usage({ account }: { account: string }) {
  const t = useT();
  const usage = useApi().use.useQuery("get", "/v2/accounts/{account}/usage", { params: { path: { account } } });
  return (
    <Card>
      <Shown query={usage} skeleton={<SkeletonRows rows={5} />}>
        {(held) => (
          <>
            <Table
              label={t("accounts.tab.usage")}
              head={
                <>
                  <Th>{t("accounts.usage.figure")}</Th>
                  <Th className="text-right">{t("accounts.usage.own")}</Th>
                  {held.accounts > 1 && <Th className="text-right">{t("accounts.usage.branch", { count: held.accounts - 1 })}</Th>}
                </>
              }
            >
              {FIGURES.map(({ of, name, show }) => (
                <Tr key={of}>
                  <Td>{t(name)}</Td>
                  <Td className="text-right tabular-nums">{show(held.own[of])}</Td>
                  {held.accounts > 1 && <Td className="text-right font-medium tabular-nums">{show(held.branch[of])}</Td>}
                </Tr>
              ))}
            </Table>
            <p className="border-t border-line px-4 py-2.5 text-[13px] text-muted">
              {t("accounts.usage.measured")} <Ago at={held.measured_at} />
              {held.accounts > 1 && (
                <>
                  {"; "}
                  {t("accounts.usage.oldest")} <Ago at={held.oldest_at} />
                </>
              )}
              {held.unmeasured > 0 && `; ${t("accounts.usage.unmeasured", { count: held.unmeasured })}`}
              {!held.is_whole && `; ${t("accounts.usage.part")}`}
            </p>
          </>
        )}
      </Shown>
    </Card>
  );
}
