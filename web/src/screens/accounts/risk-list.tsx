"use client";

import { Building2 } from "lucide-react";
import { useDeferredValue, useState } from "react";
import { cn } from "@/lib/cn";
import { count } from "@/lib/format";
import { useT } from "@/lib/i18n";
import { useHere } from "@/lib/session";
import { useQuery } from "@/platform/params";
import { useSetQuery } from "@/platform/router";
import type { Acts } from "@/screens/accounts/acts";
import { type Guarded, useProtection } from "@/screens/accounts/queries";
import { VERDICTS, type Verdict, WORDS, worstFirst } from "@/screens/accounts/risk";
import { RiskCard, RiskRow } from "@/screens/accounts/risk-row";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { TextField } from "@/ui/field";
import { Skeleton, SkeletonRows } from "@/ui/skeleton";
import { Empty, Shown } from "@/ui/states";
import { Table, Th } from "@/ui/table";

const STEP = 100;

/** Which of the accounts below is not protected, at a glance: the worst first. */
export default function RiskList({ acts }: { acts: Acts }) {
  const query = useProtection(useHere().account.id);
  return (
    <Shown query={query} skeleton={<Waiting />}>
      {(data) => (data.items.length === 0 ? <Nobody acts={acts} /> : <Judged items={data.items} isWhole={data.isWhole} acts={acts} />)}
    </Shown>
  );
}

function Waiting() {
  return (
    <>
      <div className="mb-4 grid grid-cols-2 gap-3 lg:grid-cols-4">
        {VERDICTS.map((verdict) => (
          <Card key={verdict} className="px-4 py-3">
            <Skeleton className="mb-2 w-2/3" />
            <Skeleton className="h-6 w-10" />
          </Card>
        ))}
      </div>
      <Card>
        <SkeletonRows rows={10} />
      </Card>
    </>
  );
}

function Nobody({ acts }: { acts: Acts }) {
  const t = useT();
  const here = useHere();
  return (
    <Card>
      <Empty
        icon={<Building2 aria-hidden />}
        title={t("accounts.nobody")}
        action={
          here.may("accounts:manage") && (
            <Button onClick={() => acts.begin("create", { id: here.account.id, name: here.account.name })}>{t("accounts.create")}</Button>
          )
        }
      >
        {t("accounts.nobody.text")}
      </Empty>
    </Card>
  );
}

function Judged({ items, isWhole, acts }: { items: readonly Guarded[]; isWhole: boolean; acts: Acts }) {
  const t = useT();
  const asked = useQuery();
  const set = useSetQuery();
  const only = asked.get("only") as Verdict | null;
  const text = useDeferredValue((asked.get("q") ?? "").trim().toLocaleLowerCase());
  const [most, setMost] = useState(STEP);
  const names = new Map(items.map((one) => [one.account, one.name]));
  const wanted = items
    .filter((one) => (!only || one.verdict === only) && (!text || one.name.toLocaleLowerCase().includes(text)))
    .sort(worstFirst);
  const rows = wanted.slice(0, most);
  return (
    <>
      <fieldset className="mb-4 grid grid-cols-2 gap-3 lg:grid-cols-4">
        <legend className="sr-only">{t("accounts.only")}</legend>
        {VERDICTS.map((verdict) => (
          <Tally
            key={verdict}
            verdict={verdict}
            size={items.filter((one) => one.verdict === verdict).length}
            isOn={only === verdict}
            onPress={() => set({ only: only === verdict ? null : verdict })}
          />
        ))}
      </fieldset>
      <Card>
        <div className="flex flex-wrap items-center justify-between gap-3 border-b border-line px-4 py-3">
          <TextField
            label={t("accounts.search")}
            isLabelHidden
            type="search"
            placeholder={t("accounts.search")}
            defaultValue={asked.get("q") ?? ""}
            onChange={(event) => set({ q: event.target.value })}
            className="w-56 max-w-full"
          />
          <p className="text-[13px] text-muted" aria-live="polite">
            {t(isWhole ? "accounts.shown" : "accounts.shown.part", { count: wanted.length })}
          </p>
        </div>
        {wanted.length === 0 ? (
          <Empty
            title={t("accounts.none")}
            action={<Button onClick={() => set({ only: null, q: null })}>{t("accounts.none.reset")}</Button>}
          />
        ) : (
          <>
            <div className="hidden md:block">
              <Table
                label={t("accounts.view.protection")}
                head={
                  <>
                    <Th>{t("accounts.column.account")}</Th>
                    <Th>{t("accounts.column.state")}</Th>
                    <Th>{t("accounts.column.why")}</Th>
                    <Th>{t("accounts.column.last")}</Th>
                    <Th className="hidden text-right xl:table-cell">{t("accounts.column.records")}</Th>
                    <Th className="hidden text-right xl:table-cell">{t("accounts.column.bytes")}</Th>
                    <Th>
                      <span className="sr-only">{t("accounts.column.acts")}</span>
                    </Th>
                  </>
                }
              >
                {rows.map((one) => (
                  <RiskRow key={one.account} one={one} below={one.parent ? names.get(one.parent) : undefined} acts={acts} />
                ))}
              </Table>
            </div>
            <ul className="divide-y divide-line md:hidden">
              {rows.map((one) => (
                <RiskCard key={one.account} one={one} below={one.parent ? names.get(one.parent) : undefined} acts={acts} />
              ))}
            </ul>
          </>
        )}
        {wanted.length > most && (
          <div className="border-t border-line p-3 text-center">
            <Button size="sm" onClick={() => setMost(most + STEP)}>
              {t("common.more")}
            </Button>
          </div>
        )}
      </Card>
    </>
  );
}

const NUMBER: Record<Verdict, string> = { unprotected: "text-bad", attention: "text-warn", empty: "text-ink", protected: "text-good" };

function Tally({ verdict, size, isOn, onPress }: { verdict: Verdict; size: number; isOn: boolean; onPress: () => void }) {
  const t = useT();
  return (
    <button
      type="button"
      aria-pressed={isOn}
      onClick={onPress}
      className={cn(
        "min-w-0 rounded-lg border bg-surface px-4 py-3 text-left hover:bg-sunken",
        isOn ? "border-accent ring-1 ring-accent" : "border-line",
      )}
    >
      <span className="block text-[13px] text-muted">{t(WORDS[verdict])}</span>
      <span className={cn("block text-xl font-semibold tabular-nums", size > 0 ? NUMBER[verdict] : "text-muted")}>{count(size)}</span>
    </button>
  );
}
