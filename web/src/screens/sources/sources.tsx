"use client";

import { Database, Plus } from "lucide-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { useConnections } from "@/lib/listings";
import { useHere } from "@/lib/session";
import { useQuery } from "@/platform/params";
import { useSetQuery } from "@/platform/router";
import { Cut } from "@/screens/sources/cut";
import { SourceTable } from "@/screens/sources/source-table";
import { useStandings } from "@/screens/sources/standing";
import { Trash } from "@/screens/sources/trash";
import { Button, ButtonLink } from "@/ui/button";
import { Card } from "@/ui/card";
import { Select, TextField } from "@/ui/field";
import { Page } from "@/ui/page";
import { SkeletonRows } from "@/ui/skeleton";
import { Empty, Shown } from "@/ui/states";
import "@/messages/en/sources";

const Groups = dynamic(() => import("@/screens/sources/groups"), { ssr: false });

/** What is backed up and how it stands, the most endangered first. */
export default function Sources() {
  const t = useT();
  const here = useHere();
  const query = useQuery();
  const filter = { ...opt("tag", query.get("tag")), ...opt("group", query.get("group")) };
  const { sources, standings, isRead } = useStandings(14, filter);
  const isFiltered = Object.keys(filter).length > 0 || query.has("q");
  const said = (query.get("q") ?? "").toLowerCase();
  const shown = standings.filter((one) => said === "" || `${one.source.name} ${one.connection?.name}`.toLowerCase().includes(said));
  const isEmpty = sources.data?.items.length === 0 && !isFiltered;
  const create = here.may("sources:manage") && (
    <ButtonLink kind="primary" href={here.path("/sources/new")}>
      <Plus aria-hidden />
      {t("sources.new")}
    </ButtonLink>
  );
  return (
    <Page title={t("sources.title")} about={t("sources.about")} actions={!isEmpty && create}>
      {!isEmpty && <Filters standings={standings} />}
      <Cut isWhole={sources.data?.isWhole} count={standings.length} className="mb-4" />
      <Card>
        <Shown query={sources} skeleton={<SkeletonRows />}>
          {() =>
            isEmpty ? <NoSource create={create} /> : shown.length === 0 ? <NoneFits /> : <SourceTable standings={shown} isRead={isRead} />
          }
        </Shown>
      </Card>
      {here.may("sources:manage") && <Trash />}
    </Page>
  );
}

const opt = (name: string, value: string | null) => (value ? { [name]: value } : {});

function NoSource({ create }: { create: React.ReactNode }) {
  const t = useT();
  const here = useHere();
  const connections = useConnections({ enabled: here.may("connections:read") });
  const isConnected = (connections.data?.items.length ?? 0) > 0;
  const action =
    isConnected || !here.may("connections:manage") ? (
      create
    ) : (
      <ButtonLink kind="primary" href={here.path("/connections/new")}>
        {t("sources.empty.connect")}
      </ButtonLink>
    );
  return (
    <Empty icon={<Database aria-hidden />} title={t("sources.empty.title")} action={action}>
      {t("sources.empty.text")}
    </Empty>
  );
}

function NoneFits() {
  const t = useT();
  const setQuery = useSetQuery();
  return (
    <Empty
      title={t("sources.filter.none.title")}
      action={<Button onClick={() => setQuery({ q: null, tag: null, group: null })}>{t("sources.filter.clear")}</Button>}
    >
      {t("sources.filter.none.text")}
    </Empty>
  );
}

function Filters({ standings }: { standings: readonly { source: { tags?: string[] } }[] }) {
  const t = useT();
  const query = useQuery();
  const setQuery = useSetQuery();
  const here = useHere();
  const [isOpen, setOpen] = useState(false);
  const groups = useApi().use.useQuery("get", "/v2/source-groups", { params: { query: { limit: 500 } } });
  const tag = query.get("tag");
  const tags = [...new Set([...standings.flatMap((one) => one.source.tags ?? []), ...(tag ? [tag] : [])])].sort();
  return (
    <div className="mb-4 flex flex-wrap items-center gap-2">
      <div className="min-w-40 flex-1 sm:max-w-72">
        <TextField
          type="search"
          isLabelHidden
          label={t("sources.search")}
          placeholder={t("sources.search")}
          defaultValue={query.get("q") ?? ""}
          onChange={(event) => setQuery({ q: event.target.value })}
        />
      </div>
      {tags.length > 0 && (
        <Select isLabelHidden label={t("sources.filter.tag")} value={tag ?? ""} onChange={(event) => setQuery({ tag: event.target.value })}>
          <option value="">{`${t("sources.filter.tag")}: ${t("sources.filter.all")}`}</option>
          {tags.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </Select>
      )}
      {(groups.data?.items.length ?? 0) > 0 && (
        <Select
          isLabelHidden
          label={t("sources.filter.group")}
          value={query.get("group") ?? ""}
          onChange={(event) => setQuery({ group: event.target.value })}
        >
          <option value="">{`${t("sources.filter.group")}: ${t("sources.filter.all")}`}</option>
          {groups.data?.items.map((group) => (
            <option key={group.id} value={group.id}>
              {group.name}
            </option>
          ))}
        </Select>
      )}
      {here.may("sources:manage") && (
        <Button kind="quiet" onClick={() => setOpen(true)}>
          {t("sources.groups")}
        </Button>
      )}
      {isOpen && <Groups onClose={() => setOpen(false)} />}
    </div>
  );
}
