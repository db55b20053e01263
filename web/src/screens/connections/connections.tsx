"use client";

import { Plug, Plus } from "lucide-react";
import dynamic from "next/dynamic";
import { type Shape, useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { useConnections } from "@/lib/listings";
import { useHere } from "@/lib/session";
import { useQuery } from "@/platform/params";
import { Link, useSetQuery } from "@/platform/router";
import { ConnectionBadge } from "@/screens/connections/state";
import { Badge } from "@/ui/badge";
import { Button, ButtonLink } from "@/ui/button";
import { Card, Section } from "@/ui/card";
import { Page } from "@/ui/page";
import { SkeletonRows } from "@/ui/skeleton";
import { Empty, Shown } from "@/ui/states";
import { Table, Td, Th, Tr } from "@/ui/table";
import { Ago } from "@/ui/time";
import "@/messages/en/connections";

const Application = dynamic(() => import("@/screens/connections/application"), { ssr: false });

/** The account's connections, those that need somebody first, and what the account says of platforms. */
export default function Connections() {
  const t = useT();
  const here = useHere();
  const connections = useConnections();
  const create = here.may("connections:manage") && (
    <ButtonLink kind="primary" href={here.path("/connections/new")}>
      <Plus aria-hidden />
      {t("connections.new")}
    </ButtonLink>
  );
  return (
    <Page title={t("connections.title")} about={t("connections.about")} actions={connections.data?.items.length !== 0 && create}>
      <div className="grid gap-6">
        <Card>
          <Shown query={connections} skeleton={<SkeletonRows />}>
            {(data) =>
              data.items.length === 0 ? (
                <Empty icon={<Plug aria-hidden />} title={t("connections.empty.title")} action={create}>
                  {t("connections.empty.text")}
                </Empty>
              ) : (
                <Rows connections={data.items} />
              )
            }
          </Shown>
        </Card>
        {here.may("integrations:read") && <Platforms />}
      </div>
    </Page>
  );
}

const RISK: Record<Shape["ConnectionState"], number> = { needs_reauth: 0, unreachable: 1, untested: 2, ready: 3 };
const risk = (connection: Shape["Connection"]) => RISK[connection.state ?? "untested"];

function Rows({ connections }: { connections: readonly Shape["Connection"][] }) {
  const t = useT();
  const here = useHere();
  const platforms = useApi().use.useQuery("get", "/v2/platforms", { params: { query: { limit: 500 } } });
  const label = (name: string) => platforms.data?.items.find((one) => one.name === name)?.label ?? name;
  const broken = connections.filter((one) => one.state === "needs_reauth").length;
  const sorted = [...connections].sort((one, other) => risk(one) - risk(other) || one.name.localeCompare(other.name));
  return (
    <>
      {broken > 0 && (
        <p className="border-b border-line bg-bad-soft px-4 py-2.5 text-sm text-bad">{t("connections.attention", { count: broken })}</p>
      )}
      <Table
        label={t("connections.title")}
        head={
          <>
            <Th>{t("connections.column.name")}</Th>
            <Th>{t("connections.column.state")}</Th>
            <Th>{t("connections.column.platform")}</Th>
            <Th>{t("connections.column.site")}</Th>
            <Th>{t("connections.column.tested")}</Th>
          </>
        }
      >
        {sorted.map((connection) => (
          <Tr key={connection.id}>
            <Td className="font-medium">
              <Link href={here.path(`/connections/${connection.id}`)} className="inline-flex min-h-6 items-center hover:underline">
                {connection.name}
              </Link>
            </Td>
            <Td>
              <ConnectionBadge connection={connection} />
            </Td>
            <Td className="whitespace-nowrap">{label(connection.platform)}</Td>
            <Td className="min-w-40 text-muted">{connection.site_name ?? connection.site_url ?? "–"}</Td>
            <Td className="whitespace-nowrap text-muted">
              {connection.tested_at ? <Ago at={connection.tested_at} /> : t("connections.never")}
            </Td>
          </Tr>
        ))}
      </Table>
    </>
  );
}

/** What this account says of each platform; one is opened by ?application=. */
function Platforms() {
  const t = useT();
  const here = useHere();
  const open = useQuery().get("application");
  const setQuery = useSetQuery();
  const integrations = useApi().use.useQuery("get", "/v2/integrations", { params: { query: { limit: 500 } } });
  const platforms = useApi().use.useQuery("get", "/v2/platforms", { params: { query: { limit: 500 } } });
  const described = new Set(
    platforms.data?.items.filter((one) => one.sign_in?.some((field) => field.name === "definition")).map((one) => one.name),
  );
  const opened = integrations.data?.items.find((one) => one.platform === open);
  return (
    <Section title={t("connections.platforms.title")} about={t("connections.platforms.about")} isFlush>
      <Shown query={integrations} skeleton={<SkeletonRows rows={4} />}>
        {(data) => (
          <ul className="divide-y divide-line">
            {data.items.map((one) => (
              <li key={one.platform} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2">
                <span className="min-w-32 grow text-sm font-medium sm:grow-0">{one.label}</span>
                <span className="order-last flex basis-full flex-wrap gap-1.5 sm:order-none sm:basis-0 sm:grow">
                  <Standing integration={one} isDescribed={described.has(one.platform)} />
                </span>
                {here.may("integrations:manage") && (
                  <Button
                    size="sm"
                    kind="quiet"
                    aria-label={`${t("connections.platforms.settings")}: ${one.label}`}
                    onClick={() => setQuery({ application: one.platform })}
                  >
                    {t("connections.platforms.settings")}
                  </Button>
                )}
              </li>
            ))}
          </ul>
        )}
      </Shown>
      {opened && <Application platform={opened.platform} label={opened.label} onClose={() => setQuery({ application: null })} />}
    </Section>
  );
}

/** Who describes a platform brings its application along. */
function Standing({ integration, isDescribed }: { integration: Shape["Integration"]; isDescribed: boolean }) {
  const t = useT();
  if (!integration.allowed) return <Badge tone="warn">{t("connections.platforms.forbidden")}</Badge>;
  if (!integration.enabled) return <Badge tone="warn">{t("connections.platforms.off")}</Badge>;
  if (!integration.methods.includes("oauth")) return <span className="text-[13px] text-muted">{t("connections.method.key")}</span>;
  const app = integration.own.client_id ? "own" : integration.client_id ? "above" : "none";
  return (
    <span className="text-[13px] text-muted">
      {t("connections.method.key")} · {t("connections.method.oauth")}
      {!isDescribed && `: ${t(`connections.platforms.app.${app}`)}`}
    </span>
  );
}
