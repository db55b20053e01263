"use client";

import { FileDown, GitCompare, RotateCcw } from "lucide-react";
import dynamic from "next/dynamic";
import { useT } from "@/lib/i18n";
import { useHere } from "@/lib/session";
import { usePart, useQuery } from "@/platform/params";
import { useSetQuery } from "@/platform/router";
import { Contents } from "@/screens/snapshots/contents";
import { meant, type Snapshot, useSnapshots, useSource } from "@/screens/snapshots/moments";
import { TimeSlider } from "@/screens/snapshots/slider";
import { ButtonLink } from "@/ui/button";
import { Page } from "@/ui/page";
import { Skeleton, SkeletonRows } from "@/ui/skeleton";
import { Empty, Shown } from "@/ui/states";
import "@/messages/en/snapshots";

const Browse = dynamic(() => import("@/screens/snapshots/browse"), { ssr: false, loading: () => <SkeletonRows rows={12} /> });

/** A source through time: choose a moment, see what it holds, look into any stream as it stood then. */
export default function Snapshots() {
  const t = useT();
  const here = useHere();
  const source = usePart("sources");
  const name = useSource(source).data?.name ?? "…";
  const snapshots = useSnapshots(source);
  const query = useQuery();
  const stream = query.get("stream");
  const trail = [
    { name: t("snapshots.sources"), href: here.path("/sources") },
    { name, href: here.path(`/sources/${source}`) },
    ...(stream
      ? [
          {
            name: t("snapshots.title"),
            href: here.path(`/sources/${source}/snapshots${query.get("snapshot") ? `?snapshot=${query.get("snapshot")}` : ""}`),
          },
        ]
      : []),
  ];
  return (
    <Page
      isWide={stream !== null}
      title={stream ?? t("snapshots.title")}
      trail={trail}
      actions={source && snapshots.data?.length ? <Actions source={source} chosen={meant(snapshots.data, query)} /> : undefined}
    >
      <Shown query={snapshots} skeleton={<Waiting />}>
        {(all) =>
          source && all.length > 0 ? (
            <Moments source={source} all={all} />
          ) : (
            <Empty
              title={t("snapshots.none.title")}
              action={<ButtonLink href={here.path(`/sources/${source}`)}>{t("snapshots.none.go")}</ButtonLink>}
            >
              {t("snapshots.none.text")}
            </Empty>
          )
        }
      </Shown>
    </Page>
  );
}

function Moments({ source, all }: { source: string; all: readonly Snapshot[] }) {
  const t = useT();
  const query = useQuery();
  const setQuery = useSetQuery();
  const chosen = meant(all, query);
  const stream = query.get("stream");
  const choose = (snapshot: Snapshot) => setQuery({ snapshot: snapshot.id, at: null });
  if (!chosen)
    return (
      <Empty
        title={t("snapshots.absent.title")}
        action={
          <button type="button" className="text-sm text-accent underline" onClick={() => setQuery({ snapshot: null, at: null })}>
            {t("snapshots.newest")}
          </button>
        }
      >
        {t("snapshots.absent.text")}
      </Empty>
    );
  return (
    <div className="grid gap-4">
      <TimeSlider snapshots={all} chosen={chosen} stream={stream} onChoose={choose} />
      {stream ? <Browse source={source} snapshot={chosen} stream={stream} /> : <Contents source={source} snapshot={chosen} />}
    </div>
  );
}

function Actions({ source, chosen }: { source: string; chosen: Snapshot | null }) {
  const t = useT();
  const here = useHere();
  const stream = useQuery().get("stream");
  if (!chosen) return null;
  const scope = new URLSearchParams({ source, snapshot: chosen.id, ...(stream ? { stream } : {}) });
  const toCompare = new URLSearchParams({ to: chosen.id, ...(stream ? { stream } : {}) });
  return (
    <>
      {here.may("content:read") && (
        <ButtonLink href={here.path(`/sources/${source}/compare?${toCompare}`)}>
          <GitCompare aria-hidden />
          {t("snapshots.compare")}
        </ButtonLink>
      )}
      {here.may("exports:create") && (
        <ButtonLink href={here.path(`/exports?new=1&${scope}`)}>
          <FileDown aria-hidden />
          {t("snapshots.export")}
        </ButtonLink>
      )}
      {here.may("restores:plan") && (
        <ButtonLink kind="primary" href={here.path(`/restores/new?${scope}`)}>
          <RotateCcw aria-hidden />
          {t("snapshots.restore")}
        </ButtonLink>
      )}
    </>
  );
}

const Waiting = () => (
  <div className="grid gap-4">
    <Skeleton className="h-44 w-full" />
    <Skeleton className="h-72 w-full" />
  </div>
);
