"use client";

import { RotateCcw, Trash2 } from "lucide-react";
import { type Shape, useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { useHere } from "@/lib/session";
import { forgetAccounts, useTrash } from "@/screens/accounts/queries";
import { useAct } from "@/ui/act";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { SkeletonRows } from "@/ui/skeleton";
import { Empty, Shown } from "@/ui/states";
import { Ago } from "@/ui/time";
import { tell } from "@/ui/toast";

/** What was deleted and can be taken back. */
export default function Trash() {
  const t = useT();
  const query = useTrash(useHere().account.id);
  return (
    <Card>
      <Shown query={query} skeleton={<SkeletonRows rows={3} />}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty icon={<Trash2 aria-hidden />} title={t("accounts.trash.empty")}>
              {t("accounts.trash.empty.text")}
            </Empty>
          ) : (
            <ul className="divide-y divide-line">
              {items.map((account) => (
                <Thrown key={account.id} account={account} />
              ))}
            </ul>
          )
        }
      </Shown>
    </Card>
  );
}

function Thrown({ account }: { account: Shape["AccountShown"] }) {
  const t = useT();
  const here = useHere();
  const api = useApi();
  const { isBusy, act } = useAct();
  const takeBack = act(async () => {
    await api.call.POST("/v2/accounts/{account}/restore", { params: { path: { account: account.id } } });
    forgetAccounts(api);
    void tell(t("accounts.restored", { name: account.name }));
  });
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 px-4 py-3 text-sm">
      <div className="min-w-0">
        <p className="font-medium">{account.name}</p>
        {account.shred_at && (
          <p className="text-[13px] text-muted">
            {t("accounts.trash.gone")} <Ago at={account.shred_at} />
          </p>
        )}
      </div>
      {here.may("accounts:delete") && (
        <Button size="sm" isBusy={isBusy} onClick={takeBack} aria-label={t("accounts.trash.restore.of", { name: account.name })}>
          <RotateCcw aria-hidden />
          {t("accounts.trash.restore")}
        </Button>
      )}
    </li>
  );
}
