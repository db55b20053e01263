"use client";

import { useQuery as useRead } from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";
import { type Shape, useApi } from "@/lib/api";
import { cn } from "@/lib/cn";
import { count } from "@/lib/format";
import { useT } from "@/lib/i18n";
import { asProblem } from "@/lib/problem";
import { PAGE_ROWS, useRowsAnywhere, useRowsInTurn } from "@/lib/rows";
import { useHere } from "@/lib/session";
import { useQuery } from "@/platform/params";
import { useGo, useSetQuery } from "@/platform/router";
import { BrowseBar, ChosenBar } from "@/screens/snapshots/browse-bar";
import { recordPath, type Snapshot } from "@/screens/snapshots/moments";
import { fieldsOf, keyFieldOf, lineOf, valueAt } from "@/screens/snapshots/values";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { type Column, Grid } from "@/ui/grid";
import { useKeptColumns } from "@/ui/grid-columns";
import { SkeletonRows } from "@/ui/skeleton";
import { Empty, Failure } from "@/ui/states";

type RecordRow = Shape["RecordShown"];
const KEY = "";
const SAMPLE = 60; // whole records, of which the columns are made; they are the first rows as well
const FIRST_COLUMNS = 8;
const MOST_SORTED = 50_000; // the API puts no more into another order while somebody waits

/** A stream as it stood in a snapshot: every record of it, in columns one chooses. */
export default function Browse({ source, snapshot, stream }: { source: string; snapshot: Snapshot; stream: string }) {
  const t = useT();
  const here = useHere();
  const go = useGo();
  const query = useQuery();
  const setQuery = useSetQuery();
  const { call } = useApi();
  const total = snapshot.streams.find((one) => one.name === stream)?.records ?? 0;
  const path = useMemo(() => ({ snapshot: snapshot.id, stream }), [snapshot.id, stream]);
  const sample = useRead({
    queryKey: ["rows", "sample", path],
    queryFn: async () =>
      (await call.GET("/v2/snapshots/{snapshot}/streams/{stream}/records", { params: { path, query: { limit: SAMPLE } } })).data?.items ??
      [],
    staleTime: Number.POSITIVE_INFINITY,
  });
  const [kept, keep] = useKeptColumns(`${source}.${stream}`);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [jump, setJump] = useState<{ row: number } | null>(null);

  const offered = useMemo(() => {
    const rows = sample.data ?? [];
    const key = keyFieldOf(rows); // stands before all others already
    const fields = fieldsOf(rows.map((one) => one.record)).filter((field) => field.path !== key);
    return fields.map((field) => ({
      id: field.path,
      name: field.path,
      isNumber: field.isNumber,
      width: kept.widths[field.path] ?? Math.max(88, Math.min(280, Math.max(field.longest, field.path.length) * 7.4 + 30)),
    }));
  }, [sample.data, kept]);
  const shown = useMemo(
    () => (kept.shown ?? offered.slice(0, FIRST_COLUMNS).map((one) => one.id)).filter((id) => offered.some((one) => one.id === id)),
    [kept, offered],
  );
  const canSort = total <= MOST_SORTED;

  const sort = query.get("sort");
  const order = sort ? { column: sort.replace(/^-/, ""), isDescending: sort.startsWith("-") } : null;
  const q = query.get("q") ?? "";
  const filter = query.get("filter") ?? "";
  const isSifted = q !== "" || filter !== "";
  const asked = { ...(sort && canSort ? { sort } : {}), ...(shown.length > 0 ? { fields: shown.join(",") } : {}) };
  const isReady = sample.data !== undefined;
  const all = useRowsAnywhere<RecordRow>(
    isReady && !isSifted ? ["records", path, asked] : null,
    isSifted ? 0 : total,
    async (position, signal) => {
      const { data } = await call.GET("/v2/snapshots/{snapshot}/streams/{stream}/records", {
        params: { path, query: { ...asked, limit: PAGE_ROWS, ...(position > 0 ? { position } : {}) } },
        signal,
      });
      return data?.items ?? [];
    },
    asked.sort ? undefined : sample.data,
  );
  const some = useRowsInTurn<RecordRow>(isReady && isSifted ? ["records", path, asked, q, filter] : null, async (cursor, signal) => {
    const { data } = await call.GET("/v2/snapshots/{snapshot}/streams/{stream}/records", {
      params: { path, query: { ...asked, limit: PAGE_ROWS, cursor, ...(q ? { q } : {}), ...(filter ? { filter } : {}) } },
      signal,
    });
    return { items: data?.items ?? [], next: data?.next };
  });
  const rows = isSifted ? some : all;

  const columns = useMemo<readonly Column<RecordRow>[]>(() => {
    const href = (row: RecordRow) => here.path(recordPath(source, snapshot.id, stream, row.key));
    const key: Column<RecordRow> = {
      id: KEY,
      name: t("snapshots.key"),
      width: kept.widths[KEY] ?? 140,
      cell: (row) => (
        <a href={href(row)} tabIndex={-1} className="font-medium hover:underline">
          {row.key}
        </a>
      ),
    };
    const others = offered
      .filter((one) => shown.includes(one.id))
      .map((one) => ({
        ...one,
        canSort,
        cell: (row: RecordRow) => lineOf(valueAt(row.record, one.id)) ?? <span className="text-muted">–</span>,
      }));
    return [key, ...others];
  }, [here, source, snapshot.id, stream, kept, offered, shown, canSort, t]);

  const open = useCallback(
    (row: RecordRow) => go.to(here.path(recordPath(source, snapshot.id, stream, row.key))),
    [go, here, source, snapshot.id, stream],
  );
  const onToggle = useCallback(
    (row: RecordRow) =>
      setChosen((now) => {
        const next = new Set(now);
        next.delete(row.key) || next.add(row.key);
        return next;
      }),
    [],
  );
  const mayRestore = here.may("restores:plan");
  const choice = useMemo(
    () => (mayRestore ? { keyOf: (row: RecordRow) => row.key, chosen, onToggle } : undefined),
    [mayRestore, chosen, onToggle],
  );
  const width = (column: string, wide: number) => keep((now) => ({ ...now, widths: { ...now.widths, [column]: wide } }));
  const onOrder = (column: string) => setQuery({ sort: sort === column ? `-${column}` : sort === `-${column}` ? null : column });
  if (sample.isError) return <Failure error={sample.error} onRetry={() => void sample.refetch()} />;
  const isEmpty = isReady && !rows.isWaiting && rows.count === 0;
  return (
    <div className="grid gap-3">
      <BrowseBar
        snapshot={snapshot}
        stream={stream}
        fields={offered.map((one) => one.id)}
        columns={{ offered, shown, onShow: (ids) => keep((now) => ({ ...now, shown: ids })), onWidth: width }}
        onJump={isSifted ? undefined : (row) => setJump({ row })}
        total={total}
      />
      <Card className="overflow-hidden">
        {!isReady ? (
          <SkeletonRows rows={14} />
        ) : rows.error && rows.at(0) === undefined ? (
          <Failure error={rows.error} onRetry={rows.retry} />
        ) : isEmpty ? (
          <Empty title={isSifted ? t("snapshots.nothing.title") : t("snapshots.empty.title")}>
            {isSifted ? t("snapshots.nothing.text") : t("snapshots.empty.text")}
          </Empty>
        ) : (
          <Grid
            label={t("snapshots.records.of", { stream })}
            columns={columns}
            count={rows.count}
            isOpen={rows.isOpen}
            at={rows.at}
            onSee={rows.onSee}
            onOpen={open}
            order={order}
            onOrder={onOrder}
            onWidth={width}
            choice={choice}
            jump={jump}
            className={cn("h-[max(22rem,calc(100dvh-25rem))]")}
          />
        )}
      </Card>
      <p role="status" className="flex flex-wrap justify-between gap-x-4 text-[13px] text-muted tabular-nums">
        <span>
          {rows.isWaiting
            ? t("snapshots.looking")
            : isSifted
              ? t(rows.isOpen ? "snapshots.found.more" : "snapshots.found", { count: rows.count - (rows.isOpen ? 1 : 0), total })
              : t("snapshots.total", { count: total })}
        </span>
        {!canSort && <span>{t("snapshots.unsorted", { most: count(MOST_SORTED) })}</span>}
      </p>
      {rows.error !== null && rows.at(0) !== undefined && (
        <p role="alert" className="flex flex-wrap items-center gap-3 rounded-md bg-warn-soft px-3 py-2 text-sm text-warn">
          {t("snapshots.gap", { why: asProblem(rows.error).message || asProblem(rows.error).title })}
          <Button size="sm" onClick={rows.retry}>
            {t("common.retry")}
          </Button>
        </p>
      )}
      {chosen.size > 0 && (
        <ChosenBar source={source} snapshot={snapshot.id} stream={stream} keys={[...chosen]} onClear={() => setChosen(new Set())} />
      )}
    </div>
  );
}
