"use client";

import dynamic from "next/dynamic";
import { type Shape, useApi } from "@/lib/api";
import { count } from "@/lib/format";
import { useT } from "@/lib/i18n";
import { useHere } from "@/lib/session";
import { usePart, useQuery } from "@/platform/params";
import { Link } from "@/platform/router";
import { BackUp } from "@/screens/sources/back-up";
import { OverviewTab } from "@/screens/sources/overview-tab";
import { type Standing, standingOf, useKnown } from "@/screens/sources/standing";
import { StandingBadge } from "@/screens/sources/standing-badge";
import { Page } from "@/ui/page";
import { Skeleton, SkeletonRows } from "@/ui/skeleton";
import { Failure } from "@/ui/states";
import { TabLinks } from "@/ui/tabs";
import "@/messages/en/sources";

// each written out: the bundler reads these options before it runs anything
const Waiting = () => <SkeletonRows />;
const StreamsTab = dynamic(() => import("@/screens/sources/streams-tab"), { ssr: false, loading: Waiting });
const RunsTab = dynamic(() => import("@/screens/sources/runs-tab"), { ssr: false, loading: Waiting });
const ScheduleTab = dynamic(() => import("@/screens/sources/schedule-tab"), { ssr: false, loading: Waiting });
const RetentionTab = dynamic(() => import("@/screens/sources/retention-tab"), { ssr: false, loading: Waiting });
const SettingsTab = dynamic(() => import("@/screens/sources/settings-tab"), { ssr: false, loading: Waiting });

const TABS = ["overview", "streams", "runs", "schedule", "retention", "settings"] as const;
type Tab = (typeof TABS)[number];

/** One source; its parts by ?tab=. */
export default function OneSource() {
  const id = usePart("sources");
  const t = useT();
  if (!id)
    return (
      <Page title={t("sources.column.source")}>
        <SkeletonRows />
      </Page>
    );
  return <Shown id={id} />;
}

function Shown({ id }: { id: string }) {
  const t = useT();
  const here = useHere();
  const { query, snapshots, standing } = useStanding(id);
  const said = useQuery().get("tab");
  const tab: Tab = TABS.find((one) => one === said) ?? "overview";
  return (
    <Page
      title={query.data?.name ?? t("sources.column.source")}
      trail={[{ name: t("sources.title"), href: here.path("/sources") }]}
      about={standing ? <About standing={standing} /> : <Skeleton className="h-5.5 w-48" />}
      actions={standing && <BackUp source={standing.source} active={standing.active} />}
    >
      <TabLinks label={t("sources.tab.label")} tabs={useTabs(id, tab, snapshots)} />
      {query.isError && !query.data ? (
        <Failure error={query.error} onRetry={() => void query.refetch()} />
      ) : standing ? (
        <TabShown tab={tab} standing={standing} />
      ) : (
        <SkeletonRows />
      )}
    </Page>
  );
}

/** One source and how it stands, by more of its snapshots than a list looks at. */
function useStanding(id: string) {
  const api = useApi();
  const here = useHere();
  const params = { path: { source: id } };
  const query = api.use.useQuery("get", "/v2/sources/{source}", { params });
  const read = api.use.useQuery(
    "get",
    "/v2/sources/{source}/snapshots",
    { params: { ...params, query: { limit: 60 } } },
    { enabled: here.may("snapshots:read") },
  );
  const known = useKnown();
  const own = api.use.useQuery("get", "/v2/runs", { params: { query: { source: id, limit: 20 } } }, { enabled: here.may("runs:read") });
  const isRead = known.isRead && (read.data !== undefined || read.isError || !here.may("snapshots:read"));
  const standing =
    query.data && isRead
      ? standingOf(query.data, read.isError && !read.data ? null : (read.data?.items ?? []), {
          ...known,
          runs: own.data?.items ?? known.runs,
        })
      : null;
  return { query, snapshots: read.data?.items.filter((one) => !one.expired_at).length, standing };
}

function useTabs(id: string, tab: Tab, snapshots: number | undefined) {
  const t = useT();
  const here = useHere();
  const needs: Partial<Record<Tab, Shape["Permission"]>> = { runs: "runs:read", schedule: "jobs:read", settings: "sources:manage" };
  const tabs = TABS.filter((one) => !needs[one] || here.may(needs[one])).map((one) => ({
    href: here.path(`/sources/${id}${one === "overview" ? "" : `?tab=${one}`}`),
    name: t(`sources.tab.${one}`),
    isHere: one === tab,
    count: undefined as string | undefined,
  }));
  if (here.may("snapshots:read"))
    tabs.splice(3, 0, {
      href: here.path(`/sources/${id}/snapshots`),
      name: t("sources.tab.snapshots"),
      isHere: false,
      count: snapshots === undefined ? undefined : snapshots >= 60 ? "60+" : count(snapshots),
    });
  return tabs;
}

function About({ standing }: { standing: Standing }) {
  const here = useHere();
  const { source, connection } = standing;
  return (
    <span className="flex flex-wrap items-center gap-2">
      <StandingBadge state={standing.state} />
      {connection && (
        <Link href={here.path(`/connections/${connection.id}`)} className="inline-flex min-h-6 items-center hover:text-ink hover:underline">
          {connection.name}
        </Link>
      )}
      {(source.tags ?? []).map((tag) => (
        <Link
          key={tag}
          href={here.path(`/sources?tag=${encodeURIComponent(tag)}`)}
          className="inline-flex min-h-6 items-center rounded bg-sunken px-1.5 text-xs ring-1 ring-line ring-inset hover:text-ink"
        >
          {tag}
        </Link>
      ))}
    </span>
  );
}

function TabShown({ tab, standing }: { tab: Tab; standing: Standing }) {
  if (tab === "streams") return <StreamsTab standing={standing} />;
  if (tab === "runs") return <RunsTab source={standing.source.id} />;
  if (tab === "schedule") return <ScheduleTab standing={standing} />;
  if (tab === "retention") return <RetentionTab standing={standing} />;
  if (tab === "settings") return <SettingsTab standing={standing} />;
  return <OverviewTab standing={standing} />;
}
