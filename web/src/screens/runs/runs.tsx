"use client";

import { useT } from "@/lib/i18n";
import { useSourceNames } from "@/lib/listings";
import { useQuery } from "@/platform/params";
import { useSetQuery } from "@/platform/router";
import { RunList } from "@/screens/runs/run-list";
import { Card } from "@/ui/card";
import { Check, Select } from "@/ui/field";
import { Page } from "@/ui/page";
import "@/messages/en/runs";

/** All runs of the account; ?source= and ?active=1 narrow them. */
export default function Runs() {
  const t = useT();
  const query = useQuery();
  const setQuery = useSetQuery();
  const names = useSourceNames();
  const source = query.get("source");
  const isActive = query.has("active");
  return (
    <Page title={t("runs.title")} about={t("runs.about")}>
      <div className="mb-4 flex flex-wrap items-center gap-x-5 gap-y-2">
        <Select
          isLabelHidden
          label={t("runs.filter.source")}
          value={source ?? ""}
          onChange={(event) => setQuery({ source: event.target.value })}
        >
          <option value="">{t("runs.filter.all")}</option>
          {[...names].map(([id, name]) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </Select>
        <Check
          label={t("runs.filter.active")}
          checked={isActive}
          onChange={(event) => setQuery({ active: event.target.checked ? "1" : null })}
        />
      </div>
      <Card>
        <RunList {...(source ? { source } : {})} isActive={isActive} />
      </Card>
    </Page>
  );
}
