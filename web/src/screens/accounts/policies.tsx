"use client";

import { type ReactNode, useState } from "react";
import { type Shape, useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { useHere } from "@/lib/session";
import { Link } from "@/platform/router";
import { AllowedList, type Choice } from "@/screens/accounts/policy-list";
import { useAct } from "@/ui/act";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Section } from "@/ui/card";
import { Select, TextField } from "@/ui/field";
import { Refused } from "@/ui/refused";
import { SkeletonRows } from "@/ui/skeleton";
import { Shown } from "@/ui/states";
import { tell } from "@/ui/toast";

type Fields = Shape["PolicyFields"];
type Above = readonly { id: string; name: string }[];
type Props = { account: Shape["AccountDetail"]; above: Above };

/** What holds in the account and where it comes from; what it asks itself can be changed, and be stricter than what lies above only. */
export function Policies({ account, above }: Props) {
  const t = useT();
  const policies = useApi().use.useQuery("get", "/v2/accounts/{account}/policies", { params: { path: { account: account.id } } });
  return (
    <Section title={t("accounts.tab.policies")} about={t("accounts.policies.about")}>
      <Shown query={policies} skeleton={<SkeletonRows rows={8} />}>
        {(data) => <Form key={data.version} account={account} above={above} data={data} />}
      </Shown>
    </Section>
  );
}

function Form({ account, above, data }: Props & { data: Shape["PoliciesShown"] }) {
  const t = useT();
  const api = useApi();
  const [own, setOwn] = useState<Fields>(data.own);
  const { isBusy, problem: wrong, submit } = useAct();
  const may = account.permissions.includes("policies:manage");
  const roles = api.use.useQuery("get", "/v2/roles", { params: { query: { limit: 200 } } });
  const platforms = api.use.useQuery("get", "/v2/integrations", { params: { query: { limit: 500 } } });
  const change = (changes: Partial<Fields>) => setOwn({ ...own, ...changes });
  const save = submit(async () => {
    const header = data.version > 0 ? { "If-Match": `"${data.version}"` } : {};
    await api.call.PUT("/v2/accounts/{account}/policies", { params: { path: { account: account.id }, header }, body: own });
    await api.cache.invalidateQueries({ queryKey: ["get", "/v2/accounts/{account}/policies"] });
    void tell(t("accounts.policies.saved"));
  });
  const inherit = account.parent === null && above.length === 0 ? "accounts.policy.unset" : "accounts.policy.inherit";
  // what is said of a field that an account above holds: in the reader's words, for there is one way to be wrong about it
  const said = (field: Exclude<keyof Fields, "region">) => {
    const message = wrong?.of(`/${field}`) ?? null;
    const from = data.origins[field];
    return message && from && from !== account.id ? t("accounts.policy.looser") : message;
  };
  const holds = data.effective;
  const from = (field: keyof Fields) => <Origin field={field} data={data} account={account} above={above} />;
  const shownList = (names: readonly string[] | null, choices: readonly Choice[]) =>
    names === null
      ? t("accounts.policy.any")
      : names.length === 0
        ? t("accounts.policy.nobody")
        : names.map((name) => choices.find((choice) => choice.value === name)?.name ?? name).join(", ");
  const roleChoices = (roles.data?.items ?? []).map((role) => ({
    value: role.id,
    name: role.account ? role.name : roleWord(t, role.id, role.name),
  }));
  const platformChoices = (platforms.data?.items ?? []).map((one) => ({ value: one.platform, name: one.label }));
  return (
    <form onSubmit={save}>
      <fieldset disabled={!may} className="divide-y divide-line">
        <Rule
          title={t("accounts.policy.retention")}
          holds={
            holds.min_retention_days === null
              ? t("accounts.policy.nothing")
              : t("accounts.policy.days", { count: holds.min_retention_days })
          }
          origin={from("min_retention_days")}
        >
          <TextField
            label={t("accounts.policy.retention.own")}
            hint={t("accounts.policy.retention.hint")}
            type="number"
            min={0}
            max={36_500}
            inputMode="numeric"
            placeholder={t(inherit)}
            value={own.min_retention_days ?? ""}
            onChange={(event) => change({ min_retention_days: event.target.value === "" ? null : Number(event.target.value) })}
            error={said("min_retention_days")}
          />
        </Rule>
        <Rule
          title={t("accounts.policy.mfa")}
          holds={t(holds.mfa_required ? "accounts.policy.mfa.yes" : "accounts.policy.mfa.no")}
          origin={from("mfa_required")}
        >
          <Select
            label={t("accounts.policy.mfa.own")}
            value={own.mfa_required === null ? "" : String(own.mfa_required)}
            onChange={(event) => change({ mfa_required: event.target.value === "" ? null : event.target.value === "true" })}
            error={said("mfa_required")}
          >
            <option value="">{t(inherit)}</option>
            <option value="true">{t("accounts.policy.mfa.yes")}</option>
            <option value="false">{t("accounts.policy.mfa.no")}</option>
          </Select>
        </Rule>
        <Rule title={t("accounts.policy.restore")} holds={shownList(holds.may_restore, roleChoices)} origin={from("may_restore")}>
          <AllowedList
            inherit={inherit}
            label={t("accounts.policy.restore.own")}
            choices={roleChoices}
            value={own.may_restore}
            onChange={(may_restore) => change({ may_restore })}
            error={said("may_restore")}
          />
        </Rule>
        <Rule
          title={t("accounts.policy.platforms")}
          holds={shownList(holds.allowed_platforms, platformChoices)}
          origin={from("allowed_platforms")}
        >
          <AllowedList
            inherit={inherit}
            label={t("accounts.policy.platforms.own")}
            choices={platformChoices}
            value={own.allowed_platforms}
            onChange={(allowed_platforms) => change({ allowed_platforms })}
            error={said("allowed_platforms")}
          />
        </Rule>
        <Rule title={t("accounts.policy.region")} holds={holds.region ?? t("accounts.policy.nothing")} origin={from("region")}>
          <TextField
            label={t("accounts.policy.region.own")}
            placeholder={t(inherit)}
            maxLength={40}
            autoComplete="off"
            value={own.region ?? ""}
            onChange={(event) => change({ region: event.target.value === "" ? null : event.target.value })}
            error={wrong?.of("/region")}
          />
        </Rule>
      </fieldset>
      <Refused problem={wrong} at={Object.keys(own).map((field) => `/${field}`)} className="mt-3" />
      {may && (
        <div className="border-t border-line pt-4">
          <Button type="submit" isBusy={isBusy}>
            {t("accounts.policies.save")}
          </Button>
        </div>
      )}
    </form>
  );
}

function roleWord(t: ReturnType<typeof useT>, id: string, name: string): string {
  const words = {
    owner: "accounts.role.owner",
    admin: "accounts.role.admin",
    manager: "accounts.role.manager",
    operator: "accounts.role.operator",
    viewer: "accounts.role.viewer",
  } as const;
  const word = words[id as keyof typeof words];
  return word ? t(word) : name;
}

/** One thing that is asked: what holds with where it comes from, and beside it what this account says itself. */
function Rule({ title, holds, origin, children }: { title: string; holds: string; origin: ReactNode; children: ReactNode }) {
  return (
    <div className="grid items-start gap-x-8 gap-y-3 py-4 first:pt-0 md:grid-cols-2">
      <div>
        <h3 className="text-sm font-medium">{title}</h3>
        <p className="mt-1 text-sm">{holds}</p>
        {origin}
      </div>
      {children}
    </div>
  );
}

function Origin({ field, data, account, above }: Props & { field: keyof Fields; data: Shape["PoliciesShown"] }) {
  const t = useT();
  const here = useHere();
  const from = data.origins[field];
  if (!from) return null;
  if (from === account.id)
    return (
      <Badge tone="accent" className="mt-1.5">
        {t("accounts.policy.from.here")}
      </Badge>
    );
  const known = above.find((one) => one.id === from);
  return (
    <p className="mt-1.5 flex flex-wrap items-center gap-1.5 text-[13px] text-muted">
      <Badge>{t("accounts.policy.from.above")}</Badge>
      {known && (
        <Link
          href={here.path(`/accounts/${known.id}?tab=policies`)}
          className="inline-flex min-h-6 items-center text-accent hover:underline"
        >
          {known.name}
        </Link>
      )}
    </p>
  );
}
