"use client";

import { useState } from "react";
import { type Shape, useApi } from "@/lib/api";
import { count } from "@/lib/format";
import { type Key, useT } from "@/lib/i18n";
import { useHere } from "@/lib/session";
import { useAct } from "@/ui/act";
import { Button } from "@/ui/button";
import { Section } from "@/ui/card";
import { TextField } from "@/ui/field";
import { Refused } from "@/ui/refused";
import { SkeletonRows } from "@/ui/skeleton";
import { Shown } from "@/ui/states";
import { Table, Td, Th, Tr } from "@/ui/table";
import { tell } from "@/ui/toast";

type Limit = Shape["Limit"];
const NAMES = ["sub_accounts", "members", "connections", "sources", "api_keys"] as const;
const WORDS: Record<(typeof NAMES)[number], Key> = {
  sub_accounts: "accounts.limit.sub_accounts",
  members: "accounts.limit.members",
  connections: "accounts.limit.connections",
  sources: "accounts.limit.sources",
  api_keys: "accounts.limit.api_keys",
};

/** How much the account may have. It is set from above; who is not above it reads it. */
export function Limits({ account }: { account: Shape["AccountDetail"] }) {
  const t = useT();
  const here = useHere();
  const limits = useApi().use.useQuery("get", "/v2/accounts/{account}/limits", { params: { path: { account: account.id } } });
  const isAbove = account.parent !== null && here.may("accounts:manage");
  return (
    <Section title={t("accounts.tab.limits")} about={t(isAbove ? "accounts.limits.about" : "accounts.limits.from_above")}>
      <Shown query={limits} skeleton={<SkeletonRows rows={5} />}>
        {(data) => (isAbove ? <LimitsForm key={JSON.stringify(data)} account={account.id} data={data} /> : <LimitsTable data={data} />)}
      </Shown>
    </Section>
  );
}

const shown = (value: number | null | undefined) => (value === null || value === undefined ? null : count(value));

function LimitsTable({ data }: { data: Shape["LimitsShown"] }) {
  const t = useT();
  return (
    <Table
      label={t("accounts.tab.limits")}
      head={
        <>
          <Th>{t("accounts.limits.what")}</Th>
          <Th className="text-right">{t("accounts.limits.most")}</Th>
        </>
      }
    >
      {NAMES.map((name) => (
        <Tr key={name}>
          <Td>{t(WORDS[name])}</Td>
          <Td className="text-right tabular-nums">{shown(data.effective[name]) ?? t("accounts.limits.none")}</Td>
        </Tr>
      ))}
    </Table>
  );
}

function LimitsForm({ account, data }: { account: string; data: Shape["LimitsShown"] }) {
  const t = useT();
  const api = useApi();
  const [said, setSaid] = useState(() => Object.fromEntries(NAMES.map((name) => [name, String(data.own[name] ?? "")])));
  const { isBusy, problem: wrong, submit } = useAct();
  const save = submit(async () => {
    const body = Object.fromEntries(NAMES.map((name) => [name, said[name] ? Number(said[name]) : null])) as Limit;
    await api.call.PUT("/v2/accounts/{account}/limits", { params: { path: { account } }, body });
    await api.cache.invalidateQueries({ queryKey: ["get", "/v2/accounts/{account}/limits"] });
    void tell(t("accounts.limits.saved"));
  });
  return (
    <form onSubmit={save} className="grid gap-4">
      <div className="grid gap-4 sm:grid-cols-2 lg:grid-cols-3">
        {NAMES.map((name) => {
          const holds = data.effective[name];
          const isStricter = holds !== null && holds !== undefined && holds !== data.own[name];
          return (
            <TextField
              key={name}
              label={t(WORDS[name])}
              type="number"
              min={0}
              max={1_000_000}
              inputMode="numeric"
              placeholder={t("accounts.limits.none")}
              hint={isStricter ? t("accounts.limits.above", { count: holds }) : undefined}
              value={said[name]}
              onChange={(event) => setSaid({ ...said, [name]: event.target.value })}
              error={wrong?.of(`/${name}`)}
            />
          );
        })}
      </div>
      <Refused problem={wrong} at={NAMES.map((name) => `/${name}`)} />
      <div>
        <Button type="submit" isBusy={isBusy}>
          {t("accounts.limits.save")}
        </Button>
      </div>
    </form>
  );
}
