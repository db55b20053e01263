"use client";

import { useQuery } from "@tanstack/react-query";
import { KeyRound, Plus } from "lucide-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { allPages } from "@/lib/all-pages";
import { type Shape, useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { useHere } from "@/lib/session";
import { isOver, KeyRow } from "@/screens/api-keys/key-row";
import { useLedHere } from "@/screens/shell/led-here";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { Page } from "@/ui/page";
import { SkeletonRows } from "@/ui/skeleton";
import { Empty, Shown } from "@/ui/states";
import { Table, Th } from "@/ui/table";
import "@/messages/en/keys";

const NewKey = dynamic(() => import("@/screens/api-keys/new-key"), { ssr: false });
const KeyDialog = dynamic(() => import("@/screens/api-keys/key-dialog"), { ssr: false });

export type KeyShown = Shape["KeyShown"];
export type KeyAct = "details" | "rotate" | "revoke";

/** The account's API keys: what each may do, when it was used last and when it ends. */
export default function ApiKeys() {
  const t = useT();
  const here = useHere();
  const { call } = useApi();
  const [open, setOpen] = useState<{ act: KeyAct; key: KeyShown } | "new" | null>(null);
  const [isAll, setAll] = useState(false);
  useLedHere("new", () => setOpen("new"));
  const keys = useQuery({
    queryKey: ["api-keys"],
    queryFn: async () =>
      (await allPages(async (cursor) => (await call.GET("/v2/api-keys", { params: { query: { limit: 200, cursor } } })).data)).items,
  });
  const create = (kind: "primary" | "plain") => (
    <Button kind={kind} onClick={() => setOpen("new")}>
      <Plus aria-hidden />
      {t("keys.create")}
    </Button>
  );
  return (
    <Page title={t("keys.title")} about={t("keys.about", { name: here.account.name })} actions={create("primary")}>
      <Card>
        <Shown query={keys} skeleton={<SkeletonRows />}>
          {(items) => {
            const over = items.filter(isOver);
            const shown = isAll ? [...items.filter((key) => !isOver(key)), ...over] : items.filter((key) => !isOver(key));
            return (
              <>
                {shown.length === 0 ? (
                  <Empty icon={<KeyRound aria-hidden />} title={t("keys.none")} action={create("plain")}>
                    {t("keys.none.text")}
                  </Empty>
                ) : (
                  <Table
                    label={t("keys.title")}
                    head={
                      <>
                        <Th>{t("keys.column.name")}</Th>
                        <Th className="hidden md:table-cell">{t("keys.column.scopes")}</Th>
                        <Th>{t("keys.column.used")}</Th>
                        <Th className="hidden sm:table-cell">{t("keys.column.expires")}</Th>
                        <Th>
                          <span className="sr-only">{t("keys.column.acts")}</span>
                        </Th>
                      </>
                    }
                  >
                    {shown.map((key) => (
                      <KeyRow key={key.id} one={key} onAct={(act) => setOpen({ act, key })} />
                    ))}
                  </Table>
                )}
                {over.length > 0 && (
                  <div className="border-t border-line px-4 py-2">
                    <Button size="sm" kind="quiet" aria-expanded={isAll} onClick={() => setAll(!isAll)}>
                      {isAll ? t("keys.ended.hide") : t("keys.ended", { count: over.length })}
                    </Button>
                  </div>
                )}
              </>
            );
          }}
        </Shown>
      </Card>
      {open === "new" && <NewKey onClose={() => setOpen(null)} />}
      {open !== null && open !== "new" && <KeyDialog act={open.act} one={open.key} onClose={() => setOpen(null)} />}
    </Page>
  );
}
