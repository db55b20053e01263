"use client";

import { useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { useHere } from "@/lib/session";
import { Link } from "@/platform/router";
import { Card } from "@/ui/card";
import { Page } from "@/ui/page";
import { SkeletonRows } from "@/ui/skeleton";
import { Shown } from "@/ui/states";
import "@/messages/en/overview";

export default function Overview() {
  const t = useT();
  const here = useHere();
  const sources = useApi().use.useQuery("get", "/v2/sources", { params: { query: { limit: 100 } } });
  return (
    <Page title={t("overview.title")} about={here.account.name}>
      <Card>
        <Shown query={sources} skeleton={<SkeletonRows />}>
          {(data) => (
            <ul className="divide-y divide-line">
              {data.items.map((source) => (
                <li key={source.id} className="px-4 py-2.5 text-sm">
                  <Link href={here.path(`/sources/${source.id}`)}>{source.name}</Link>
                </li>
              ))}
            </ul>
          )}
        </Shown>
      </Card>
    </Page>
  );
}
