"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { FileDown, Plus } from "lucide-react";
import dynamic from "next/dynamic";
import { useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { useSourceNames } from "@/lib/listings";
import { useHere } from "@/lib/session";
import { useQuery } from "@/platform/params";
import { useSetQuery } from "@/platform/router";
import { ExportLine, isGoing } from "@/screens/exports/export-line";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { More } from "@/ui/more";
import { Page } from "@/ui/page";
import { SkeletonRows } from "@/ui/skeleton";
import { Empty, Failure } from "@/ui/states";
import "@/messages/en/exports";

const NewExport = dynamic(() => import("@/screens/exports/new-export"), { ssr: false });

/** Snapshots as files: being made, ready to be fetched, gone again. */
export default function Exports() {
  const t = useT();
  const here = useHere();
  const query = useQuery();
  const setQuery = useSetQuery();
  const { call } = useApi();
  const exports = useInfiniteQuery({
    queryKey: ["get", "/v2/exports", "all"],
    queryFn: async ({ pageParam, signal }) =>
      (await call.GET("/v2/exports", { params: { query: { limit: 50, cursor: pageParam } }, signal })).data ?? { items: [], next: null },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    refetchInterval: ({ state }) => (state.data?.pages.some((page) => page.items.some(isGoing)) ? 1000 : false),
  });
  const all = exports.data?.pages.flatMap((page) => page.items) ?? [];
  const names = useSourceNames();
  const close = () => setQuery({ new: null, source: null, snapshot: null, stream: null });
  const begin = here.may("exports:create") && (
    <Button kind="primary" onClick={() => setQuery({ new: "1" })}>
      <Plus aria-hidden />
      {t("exports.new")}
    </Button>
  );
  return (
    <Page title={t("exports.title")} about={t("exports.about")} actions={all.length > 0 && begin}>
      <Card>
        {exports.isError ? (
          <Failure error={exports.error} onRetry={() => void exports.refetch()} />
        ) : exports.isPending ? (
          <SkeletonRows rows={8} />
        ) : all.length === 0 ? (
          <Empty icon={<FileDown aria-hidden />} title={t("exports.none.title")} action={begin}>
            {t("exports.none.text")}
          </Empty>
        ) : (
          <ul className="divide-y divide-line" aria-label={t("exports.title")}>
            {all.map((one) => (
              <ExportLine key={one.id} one={one} name={names.get(one.source) ?? one.source} />
            ))}
          </ul>
        )}
        <More query={exports} />
      </Card>
      {query.get("new") && here.may("exports:create") && <NewExport onClose={close} />}
    </Page>
  );
}
