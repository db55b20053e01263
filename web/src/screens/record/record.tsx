"use client";

import { useQuery as useRead } from "@tanstack/react-query";
import { RotateCcw, Terminal } from "lucide-react";
import { useMemo } from "react";
import { useApi } from "@/lib/api";
import { copyText } from "@/lib/clipboard";
import { commandOf, curlOf } from "@/lib/commands";
import { moment } from "@/lib/format";
import { useT } from "@/lib/i18n";
import { asProblem } from "@/lib/problem";
import { useHere } from "@/lib/session";
import { usePart, useQuery } from "@/platform/params";
import { Link, useSetQuery } from "@/platform/router";
import { Aside } from "@/screens/record/aside";
import { History } from "@/screens/record/history";
import { rawOf, spread } from "@/screens/record/raw";
import { Value } from "@/screens/record/value";
import { pathOfRestore } from "@/screens/restores/asked";
import { browsePath, meant, type Snapshot, useSnapshots, useSource } from "@/screens/snapshots/moments";
import { type Json, titleOf } from "@/screens/snapshots/values";
import { Button, ButtonLink } from "@/ui/button";
import { Card } from "@/ui/card";
import { CopyButton } from "@/ui/copy";
import { Menu, MenuItem } from "@/ui/menu";
import { Page } from "@/ui/page";
import { Skeleton, SkeletonRows } from "@/ui/skeleton";
import { Empty, Failure, Shown } from "@/ui/states";
import { TabLinks } from "@/ui/tabs";
import { tell } from "@/ui/toast";
import "@/messages/en/record";

export type Place = { source: string; snapshot: Snapshot; stream: string; key: string };

/** One record as it stood at a moment, with what it refers to, its files and all its versions. */
export default function Record() {
  const t = useT();
  const here = useHere();
  const source = usePart("sources");
  const query = useQuery();
  const snapshots = useSnapshots(source);
  const name = useSource(source).data?.name ?? "…";
  const stream = query.get("stream");
  const key = query.get("key");
  const trail = [
    { name: t("record.sources"), href: here.path("/sources") },
    { name, href: here.path(`/sources/${source}`) },
  ];
  if (snapshots.isError && !snapshots.data)
    return (
      <Page title={key ?? t("record.title")} trail={trail}>
        <Failure error={snapshots.error} onRetry={() => void snapshots.refetch()} />
      </Page>
    );
  return (
    <Shown
      query={snapshots}
      skeleton={
        <Page title={key ?? "…"} trail={trail}>
          <Waiting />
        </Page>
      }
    >
      {(all) => {
        const snapshot = meant(all, query);
        if (!source || !snapshot || !stream || !key)
          return (
            <Page title={t("record.title")} trail={trail}>
              <Empty title={t("record.nowhere.title")}>{t("record.nowhere.text")}</Empty>
            </Page>
          );
        return <Found place={{ source, snapshot, stream, key }} all={all} trail={trail} name={name} />;
      }}
    </Shown>
  );
}

function Found({
  place,
  all,
  trail,
  name,
}: {
  place: Place;
  all: readonly Snapshot[];
  trail: { name: string; href: string }[];
  name: string;
}) {
  const t = useT();
  const here = useHere();
  const { call } = useApi();
  const query = useQuery();
  const setQuery = useSetQuery();
  const { source, snapshot, stream, key } = place;
  const path = { snapshot: snapshot.id, stream, key };
  const read = useRead({
    queryKey: ["record", path],
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
    // as text: what JSON.parse makes of large numbers is not what was sent
    queryFn: async ({ signal }) => {
      const { data } = await call.GET("/v2/snapshots/{snapshot}/streams/{stream}/records/{key}", {
        params: { path },
        parseAs: "text",
        signal,
      });
      return String(data);
    },
  });
  const raw = useMemo(() => (read.data ? (rawOf(read.data, "record") ?? "") : null), [read.data]);
  const value = useMemo(() => (raw ? (JSON.parse(raw) as Json) : undefined), [raw]);
  const isGone = read.isError && asProblem(read.error).status === 404;
  const newest = all.at(-1);
  const view = query.get("view") ?? "fields";
  const tab = (to: string, label: string) => {
    const next = new URLSearchParams(query);
    if (to === "fields") next.delete("view");
    else next.set("view", to);
    return { href: here.path(`/sources/${source}/records?${next}`), name: label, isHere: view === to };
  };
  return (
    <Page
      title={value === undefined ? key : titleOf(value, key)}
      about={
        <>
          {t("record.about", { stream, key })} · {moment(snapshot.at)}
        </>
      }
      trail={[...trail, { name: stream, href: here.path(browsePath(source, snapshot.id, stream)) }]}
      actions={
        <>
          <CopyMenu place={place} name={name} />
          {value !== undefined && here.may("restores:plan") && (
            <ButtonLink kind="primary" href={here.path(pathOfRestore({ source, snapshot: snapshot.id, keys: { [stream]: [key] } }))}>
              <RotateCcw aria-hidden />
              {t("record.restore")}
            </ButtonLink>
          )}
        </>
      }
    >
      {newest && newest.id !== snapshot.id && (
        <p className="mb-4 rounded-md bg-accent-soft px-3 py-2 text-sm text-accent">
          {t("record.past", { moment: moment(snapshot.at) })}{" "}
          <button type="button" className="min-h-6.5 font-medium underline" onClick={() => setQuery({ snapshot: newest.id, at: null })}>
            {t("record.now")}
          </button>
        </p>
      )}
      <TabLinks
        label={t("record.views")}
        tabs={[tab("fields", t("record.fields")), tab("history", t("record.history")), tab("raw", t("record.raw"))]}
      />
      <div className="grid gap-4 lg:grid-cols-[minmax(0,1fr)_18rem]">
        {view === "history" ? (
          <History place={place} all={all} />
        ) : isGone ? (
          <Card>
            <Empty
              title={t("record.gone.title")}
              action={
                <Link className="text-sm text-accent underline" href={tab("history", "").href}>
                  {t("record.gone.go")}
                </Link>
              }
            >
              {t("record.gone.text", { moment: moment(snapshot.at) })}
            </Empty>
          </Card>
        ) : read.isError ? (
          <Card>
            <Failure error={read.error} onRetry={() => void read.refetch()} />
          </Card>
        ) : value === undefined ? (
          <Card>
            <SkeletonRows rows={10} />
          </Card>
        ) : view === "raw" ? (
          <Raw raw={raw ?? ""} />
        ) : (
          <Fields value={value} />
        )}
        {value !== undefined ? <Aside place={place} /> : <div />}
      </div>
    </Page>
  );
}

function Fields({ value }: { value: Json }) {
  const t = useT();
  const fields =
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.entries(value)
      : [[t("record.whole.record"), value] as const];
  return (
    <Card>
      <dl className="divide-y divide-line text-sm">
        {fields.map(([name, one]) => (
          <div key={name} className="grid gap-x-4 px-4 py-2 sm:grid-cols-[12rem_minmax(0,1fr)]">
            <dt className="text-muted">{name}</dt>
            <dd className="min-w-0">
              <Value value={one} />
            </dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}

function Raw({ raw }: { raw: string }) {
  const t = useT();
  return (
    <Card>
      <header className="flex items-center justify-between gap-3 border-b border-line px-4 py-2">
        <p className="text-[13px] text-muted">{t("record.raw.about")}</p>
        <CopyButton text={raw} />
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <pre tabIndex={0} className="max-h-[70dvh] overflow-auto p-4 font-mono text-[13px] leading-5">
        {spread(raw)}
      </pre>
    </Card>
  );
}

function CopyMenu({ place, name }: { place: Place; name: string }) {
  const t = useT();
  const { snapshot, stream, key } = place;
  const copy = async (text: string) => {
    await copyText(text);
    void tell(t("record.copied"));
  };
  const address = `/v2/snapshots/${snapshot.id}/streams/${encodeURIComponent(stream)}/records/${encodeURIComponent(key)}`;
  return (
    <Menu
      trigger={
        <Button>
          <Terminal aria-hidden />
          {t("record.copy")}
        </Button>
      }
    >
      <MenuItem
        onChoose={() =>
          void copy(`${window.location.origin}${window.location.pathname}?${new URLSearchParams({ snapshot: snapshot.id, stream, key })}`)
        }
      >
        {t("record.copy.link")}
      </MenuItem>
      <MenuItem onChoose={() => void copy(commandOf(["show", `${name}@${snapshot.number}`, stream, key]))}>
        {t("common.copy.command")}
      </MenuItem>
      <MenuItem onChoose={() => void copy(curlOf(address))}>curl</MenuItem>
    </Menu>
  );
}

const Waiting = () => (
  <div className="grid gap-4">
    <Skeleton className="h-9 w-64" />
    <Card>
      <SkeletonRows rows={10} />
    </Card>
  </div>
);
