"use client";

import { MoreHorizontal } from "lucide-react";
import dynamic from "next/dynamic";
import { useEffect, useState } from "react";
import { type Shape, useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { useSources } from "@/lib/listings";
import { useHere } from "@/lib/session";
import { usePart, useQuery } from "@/platform/params";
import { Link, useSetQuery } from "@/platform/router";
import { PlatformFacts } from "@/screens/connections/platform-facts";
import { useRepair } from "@/screens/connections/repair";
import { ConnectionBadge } from "@/screens/connections/state";
import { useAct } from "@/ui/act";
import { Button, ButtonLink } from "@/ui/button";
import { Section } from "@/ui/card";
import { Menu, MenuItem, MenuLine } from "@/ui/menu";
import { Page } from "@/ui/page";
import { ServerWords } from "@/ui/server-words";
import { SkeletonRows } from "@/ui/skeleton";
import { Shown } from "@/ui/states";
import { Ago, Moment } from "@/ui/time";
import { tell } from "@/ui/toast";
import "@/messages/en/connections";

const Rename = dynamic(() => import("@/screens/connections/rename"), { ssr: false });
const Rotate = dynamic(() => import("@/screens/connections/rotate"), { ssr: false });
const Delete = dynamic(() => import("@/screens/connections/delete"), { ssr: false });
const HookSection = dynamic(() => import("@/screens/connections/hook"), { ssr: false });

type Connection = Shape["Connection"];

/** One connection: its health and repair, its credentials, what backs up through it, and its hook. */
export default function OneConnection() {
  const t = useT();
  const here = useHere();
  const id = usePart("connections");
  const api = useApi();
  const found = api.use.useQuery(
    "get",
    "/v2/connections/{connection}",
    { params: { path: { connection: id ?? "" } } },
    { enabled: id !== null },
  );
  const sources = useSources({ connection: id ?? "" }, { enabled: id !== null && here.may("sources:read") });
  useGreeting(found.data);
  const connection = found.data;
  return (
    <Page
      title={connection?.name ?? t("connections.column.name")}
      trail={[{ name: t("connections.title"), href: here.path("/connections") }]}
      about={connection && <ConnectionBadge connection={connection} />}
      actions={connection && here.may("connections:manage") && <Acts connection={connection} sources={sources.data?.items ?? []} />}
    >
      <Shown query={found} skeleton={<SkeletonRows />}>
        {(data) => (
          <div className="grid gap-5">
            {data.state === "needs_reauth" && <Repair connection={data} />}
            <div className="grid items-start gap-5 lg:grid-cols-2">
              <Health connection={data} />
              <Sources connection={data} sources={sources.data?.items ?? []} />
            </div>
            <Covered platform={data.platform} />
            {here.may("connections:manage") && <HookSection connection={data.id} />}
          </div>
        )}
      </Shown>
    </Page>
  );
}

/** A word after the way back from a sign-in page, once. */
function useGreeting(connection: Connection | undefined) {
  const t = useT();
  const query = useQuery();
  const setQuery = useSetQuery();
  const told = query.has("repaired") ? "repaired" : query.has("connected") ? "done" : null;
  useEffect(() => {
    if (!connection || !told) return;
    void tell(t(`connections.connect.${told}`, { name: connection.name }));
    setQuery({ connected: null, repaired: null });
  }, [connection, told, t, setQuery]);
}

function Acts({ connection, sources }: { connection: Connection; sources: readonly Shape["Source"][] }) {
  const t = useT();
  const api = useApi();
  const repair = useRepair(connection);
  const { isBusy, act } = useAct();
  const [open, setOpen] = useState<"rename" | "rotate" | "delete" | null>(null);
  const close = () => setOpen(null);
  const test = act(async () => {
    const fresh = () => api.cache.invalidateQueries({ predicate: ({ queryKey }) => String(queryKey[1]).startsWith("/v2/connections") });
    const params = { path: { connection: connection.id } };
    const { data } = await api.call.POST("/v2/connections/{connection}/test", { params }).finally(() => void fresh());
    void tell(t("connections.one.tested", { name: data?.site_name ?? connection.name }));
  });
  return (
    <>
      <Button onClick={test} isBusy={isBusy}>
        {t("connections.one.test")}
      </Button>
      <Menu
        trigger={
          <Button size="icon" aria-label={t("connections.one.more")}>
            <MoreHorizontal aria-hidden />
          </Button>
        }
      >
        <MenuItem onChoose={() => setOpen("rename")}>{t("connections.one.rename")}</MenuItem>
        {connection.method === "oauth" ? (
          <MenuItem onChoose={() => void repair()}>{t("connections.one.reconnect")}</MenuItem>
        ) : (
          <MenuItem onChoose={() => setOpen("rotate")}>{t("connections.one.rotate")}</MenuItem>
        )}
        <MenuLine />
        <MenuItem isDanger onChoose={() => setOpen("delete")}>
          {t("connections.one.delete")}
        </MenuItem>
      </Menu>
      {open === "rename" && <Rename connection={connection} onClose={close} />}
      {open === "rotate" && <Rotate connection={connection} onClose={close} />}
      {open === "delete" && <Delete connection={connection} sources={sources} onClose={close} />}
    </>
  );
}

function Repair({ connection }: { connection: Connection }) {
  const t = useT();
  const here = useHere();
  const repair = useRepair(connection);
  const [isOpen, setOpen] = useState(false);
  const isSignIn = connection.method === "oauth";
  return (
    <section className="grid justify-items-start gap-2 rounded-lg bg-bad-soft px-4 py-3.5 text-sm text-bad">
      <h2 className="font-semibold">{t("connections.one.repair.title")}</h2>
      <p>{t("connections.told.needs_reauth")}</p>
      {connection.message && (
        <p>
          <ServerWords>{connection.message}</ServerWords>
        </p>
      )}
      {here.may("connections:manage") && (
        <Button kind="primary" onClick={() => (isSignIn ? void repair() : setOpen(true))}>
          {isSignIn ? t("connections.one.reconnect") : t("connections.one.rotate")}
        </Button>
      )}
      {isOpen && <Rotate connection={connection} onClose={() => setOpen(false)} />}
    </section>
  );
}

function Health({ connection }: { connection: Connection }) {
  const t = useT();
  const state = connection.state ?? "untested";
  const values = Object.entries(connection.values ?? {}).filter(([name]) => name !== "definition");
  return (
    <Section title={t("connections.one.health")} about={t(`connections.told.${state}`)}>
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-5 gap-y-2 text-sm [&_dt]:text-muted">
        <dt>{t("connections.one.site")}</dt>
        <dd>
          {connection.site_name ?? "–"}
          {connection.site_url && <span className="block text-[13px] text-muted">{connection.site_url}</span>}
        </dd>
        <dt>{t("connections.one.tested.at")}</dt>
        <dd>{connection.tested_at ? <Ago at={connection.tested_at} /> : t("connections.never")}</dd>
        <dt>{t("connections.one.method")}</dt>
        <dd>{t(`connections.method.${connection.method ?? "key"}`)}</dd>
        {connection.client_id && (
          <>
            <dt>{t("connections.one.application")}</dt>
            <dd className="font-mono text-[13px]">{connection.client_id}</dd>
          </>
        )}
        <dt>{t("connections.one.credentials")}</dt>
        <dd className="grid gap-0.5">
          {values.map(([name, value]) => (
            <span key={name}>
              <span className="text-muted">{name}</span> {value}
            </span>
          ))}
          {(connection.secret_names ?? []).map((name) => (
            <span key={name}>
              <span className="text-muted">{name}</span> ••••••{" "}
              <span className="text-[13px] text-muted">{t("connections.one.sealed")}</span>
            </span>
          ))}
        </dd>
        <dt>{t("connections.one.made")}</dt>
        <dd>
          <Moment at={connection.created_at} />
        </dd>
      </dl>
      {connection.message && state !== "needs_reauth" && (
        <p className="mt-3 text-sm text-warn">
          <ServerWords>{connection.message}</ServerWords>
        </p>
      )}
    </Section>
  );
}

function Sources({ connection, sources }: { connection: Connection; sources: readonly Shape["Source"][] }) {
  const t = useT();
  const here = useHere();
  return (
    <Section
      title={t("connections.one.sources")}
      isFlush
      actions={
        here.may("sources:manage") && (
          <ButtonLink
            size="sm"
            kind={sources.length === 0 ? "primary" : "plain"}
            href={here.path(`/sources/new?connection=${connection.id}`)}
          >
            {t("connections.one.sources.new")}
          </ButtonLink>
        )
      }
    >
      {sources.length === 0 ? (
        <p className="p-4 text-sm text-muted">{t("connections.one.sources.none")}</p>
      ) : (
        <ul className="divide-y divide-line">
          {sources.map((source) => (
            <li key={source.id} className="px-4 py-2 text-sm">
              <Link href={here.path(`/sources/${source.id}`)} className="inline-flex min-h-6 items-center font-medium hover:underline">
                {source.name}
              </Link>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

function Covered({ platform }: { platform: string }) {
  const t = useT();
  const found = useApi().use.useQuery("get", "/v2/platforms/{platform}", { params: { path: { platform } } });
  if ((found.data?.streams ?? []).length === 0) return null;
  return (
    <Section title={t("connections.facts.title")} about={t("connections.facts.about")} isFlush>
      {found.data && <PlatformFacts platform={found.data} />}
    </Section>
  );
}
