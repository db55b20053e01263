"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { type Shape, useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { asProblem } from "@/lib/problem";
import { useHere } from "@/lib/session";
import { useQuery } from "@/platform/params";
import { Link, useSetQuery } from "@/platform/router";
import { TONES } from "@/screens/compare/change-sets";
import { differing } from "@/screens/record/differing";
import { PutBack } from "@/screens/record/put-back";
import { Differences } from "@/screens/record/value";
import { recordPath, type Snapshot } from "@/screens/snapshots/moments";
import { titleOf } from "@/screens/snapshots/values";
import { Badge } from "@/ui/badge";
import { Section } from "@/ui/card";
import { Select } from "@/ui/field";
import { More } from "@/ui/more";
import { SkeletonRows } from "@/ui/skeleton";
import { Failure } from "@/ui/states";

type Place = { source: string; from: Snapshot; to: Snapshot };
const SHOWN = 20; // fields of one record
const FEW = 20; // changes of the kind that is looked for, before one has to ask for more

/** Each record that differs: added, changed field by field, deleted with how that is known. */
export function Changes({ source, from, to, stream }: Place & { stream: string | null }) {
  const t = useT();
  const { call } = useApi();
  const setQuery = useSetQuery();
  const kind = useQuery().get("kind");
  const asked = { from: from.id, to: to.id, ...(stream ? { stream } : {}) };
  const query = useInfiniteQuery({
    queryKey: ["changes", asked],
    queryFn: async ({ pageParam, signal }) =>
      (await call.GET("/v2/diff", { params: { query: { ...asked, limit: kind ? 500 : 50, cursor: pageParam } }, signal })).data ?? {
        items: [],
        next: null,
      },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const changes = (query.data?.pages.flatMap((page) => page.items) ?? []).filter((one) => !kind || one.kind === kind);
  const { hasNextPage, isFetching, fetchNextPage } = query;
  const isSeeking = kind !== null && hasNextPage && !query.isError && changes.length < FEW;
  useEffect(() => {
    if (isSeeking && !isFetching) void fetchNextPage();
  }, [isSeeking, isFetching, fetchNextPage]);
  return (
    <Section
      title={stream ? t("compare.changes.of", { stream }) : t("compare.changes")}
      actions={
        <Select
          label={t("compare.kind")}
          isLabelHidden
          value={kind ?? ""}
          onChange={(event) => setQuery({ kind: event.target.value || null })}
        >
          <option value="">{t("compare.kind.all")}</option>
          {(["added", "changed", "removed"] as const).map((one) => (
            <option key={one} value={one}>
              {t(`compare.kind.${one}`)}
            </option>
          ))}
        </Select>
      }
    >
      <div className="-m-4">
        {query.isError ? (
          <Failure error={query.error} onRetry={() => void query.refetch()} />
        ) : query.isPending ? (
          <SkeletonRows rows={8} />
        ) : (
          <>
            {changes.length === 0 && (
              <p role="status" className="p-4 text-sm text-muted">
                {t(isSeeking ? "compare.changes.seeking" : "compare.changes.none")}
              </p>
            )}
            <ul className="divide-y divide-line">
              {changes.map((change) => (
                <ChangeLine key={`${change.stream} ${change.key}`} place={{ source, from, to }} change={change} />
              ))}
            </ul>
            <More query={query} />
          </>
        )}
      </div>
    </Section>
  );
}

function ChangeLine({ place, change }: { place: Place; change: Shape["ChangeShown"] }) {
  const t = useT();
  const here = useHere();
  const { source, from, to } = place;
  const differences = useMemo(() => (change.kind === "changed" ? differing(change.before, change.after) : []), [change]);
  const at = change.kind === "removed" ? from.id : to.id;
  return (
    <li className="grid gap-2 px-4 py-3 [contain-intrinsic-size:auto_6rem] [content-visibility:auto]">
      <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm">
        <Badge tone={TONES[change.kind]}>{t(`compare.kind.${change.kind}`)}</Badge>
        <Link
          className="inline-flex min-h-6.5 items-center font-medium hover:underline"
          href={here.path(recordPath(source, at, change.stream, change.key))}
        >
          {titleOf(change.after ?? change.before, change.key)}
        </Link>
        <span className="text-muted">
          {change.stream} {change.key}
        </span>
      </p>
      {change.kind === "removed" && <Evidence snapshot={from.id} change={change} />}
      {differences.length > 0 && (
        <Differences
          all={differences.slice(0, SHOWN)}
          act={(field) => <PutBack source={source} snapshot={from.id} stream={change.stream} recordKey={change.key} field={field} />}
        />
      )}
      {differences.length > SHOWN && (
        <p className="text-[13px] text-muted">{t("compare.further", { count: differences.length - SHOWN })}</p>
      )}
    </li>
  );
}

/** How it is known that the record is gone; asked for one by one, for it stands in the record's history. */
function Evidence({ snapshot, change }: { snapshot: string; change: Shape["ChangeShown"] }) {
  const t = useT();
  const [isAsked, setAsked] = useState(false);
  const path = { snapshot, stream: change.stream, key: change.key };
  const history = useApi().use.useQuery(
    "get",
    "/v2/snapshots/{snapshot}/streams/{stream}/records/{key}/history",
    { params: { path } },
    { enabled: isAsked, staleTime: 300_000 },
  );
  if (!isAsked)
    return (
      <button type="button" className="min-h-6.5 justify-self-start text-[13px] text-accent hover:underline" onClick={() => setAsked(true)}>
        {t("compare.why")}
      </button>
    );
  const gone = history.data?.items.find((one) => one.happened === "delete");
  return (
    <p role="status" className="text-[13px] text-muted">
      {history.isError
        ? asProblem(history.error).message
        : history.isPending
          ? "…"
          : gone?.evidence
            ? t("compare.evidence", { evidence: gone.evidence })
            : t("compare.evidence.none")}
    </p>
  );
}
