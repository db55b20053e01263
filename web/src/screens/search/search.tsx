"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { Search as SearchIcon } from "lucide-react";
import { type FormEvent, useEffect, useState } from "react";
import { type Shape, useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { useSources } from "@/lib/listings";
import { useHere } from "@/lib/session";
import { useQuery } from "@/platform/params";
import { useSetQuery } from "@/platform/router";
import { HitLine } from "@/screens/search/hit-line";
import { AsOfField } from "@/screens/snapshots/as-of";
import { Button, ButtonLink } from "@/ui/button";
import { Card } from "@/ui/card";
import { Select, TextField } from "@/ui/field";
import { Page } from "@/ui/page";
import { SkeletonRows } from "@/ui/skeleton";
import { Empty, Failure } from "@/ui/states";
import "@/messages/en/search";

type Hit = Shape["HitShown"];
const ROUNDS = 20; // pages that are looked through without being asked, while nothing fills the screen

/** One box over all sources, as they stood at any date: a person everywhere, grouped by where they were found. */
export default function Search() {
  const t = useT();
  const here = useHere();
  const query = useQuery();
  const setQuery = useSetQuery();
  const sources = useSources();
  const q = query.get("q") ?? "";
  return (
    <Page
      title={t("search.title")}
      about={t("search.about")}
      actions={
        here.may("erasures:execute") && (
          <ButtonLink href={here.path(`/erasures${q ? `?new=1&text=${encodeURIComponent(q)}` : ""}`)}>{t("search.erase")}</ButtonLink>
        )
      }
    >
      <div className="grid gap-4">
        <Card className="flex flex-wrap items-end gap-3 px-4 py-3">
          <Box key={q} />
          <Select
            label={t("search.source")}
            value={query.get("source") ?? ""}
            onChange={(event) => setQuery({ source: event.target.value || null })}
          >
            <option value="">{t("search.source.all")}</option>
            {sources.data?.items.map((one) => (
              <option key={one.id} value={one.id}>
                {one.name}
              </option>
            ))}
          </Select>
          <AsOfField label={t("search.asof")} now={t("search.now")} />
        </Card>
        {q ? (
          <Found q={q} names={new Map(sources.data?.items.map((one) => [one.id, one.name]))} />
        ) : (
          <Card>
            <Empty icon={<SearchIcon aria-hidden />} title={t("search.begin.title")}>
              {t("search.begin.text")}
            </Empty>
          </Card>
        )}
      </div>
    </Page>
  );
}

function Box() {
  const t = useT();
  const setQuery = useSetQuery();
  const [text, setText] = useState(useQuery().get("q") ?? "");
  const look = (event: FormEvent) => {
    event.preventDefault();
    setQuery({ q: text.trim() || null });
  };
  return (
    <search className="min-w-0 flex-1 basis-72">
      <form onSubmit={look} className="flex items-end gap-2">
        <div className="min-w-0 flex-1">
          <TextField type="search" label={t("search.box")} value={text} maxLength={500} onChange={(event) => setText(event.target.value)} />
        </div>
        <Button kind="primary" type="submit">
          {t("search.go")}
        </Button>
      </form>
    </search>
  );
}

function Found({ q, names }: { q: string; names: ReadonlyMap<string, string> }) {
  const t = useT();
  const query = useQuery();
  const { call } = useApi();
  const at = query.get("at");
  const source = query.get("source");
  const asked = { q, ...(at ? { as_of: at } : {}), ...(source ? { source } : {}) };
  const hits = useInfiniteQuery({
    queryKey: ["search", asked],
    queryFn: async ({ pageParam, signal }) => {
      const { data } = await call.GET("/v2/search", { params: { query: { ...asked, limit: 50, cursor: pageParam } }, signal });
      return data ?? { items: [], more: false, next: null, incomplete: false };
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    staleTime: 60_000,
  });
  const found = hits.data?.pages.flatMap((page) => page.items) ?? [];
  const { hasNextPage, isFetching, isError, fetchNextPage } = hits;
  const rounds = hits.data?.pages.length ?? 0;
  // a page may end by its time rather than because it is full: "nothing found" is said when everything was looked at
  useEffect(() => {
    if (hasNextPage && !isFetching && !isError && found.length < 20 && rounds < ROUNDS) void fetchNextPage();
  }, [hasNextPage, isFetching, isError, fetchNextPage, found.length, rounds]);
  if (isError)
    return (
      <Card>
        <Failure error={hits.error} onRetry={() => void hits.refetch()} />
      </Card>
    );
  const groups = Map.groupBy(found, (hit) => hit.source);
  return (
    <div className="grid gap-4">
      <p role="status" className="text-sm text-muted">
        {isFetching
          ? t("search.looking", { count: found.length })
          : t(hasNextPage ? "search.found.more" : "search.found", { count: found.length, sources: groups.size })}
      </p>
      {[...groups].map(([id, some]) => (
        <Group key={id} name={names.get(id) ?? id} hits={some} q={q} />
      ))}
      {found.length === 0 && !isFetching && !hasNextPage && (
        <Card>
          <Empty title={t("search.none.title")}>{t("search.none.text")}</Empty>
        </Card>
      )}
      {found.length === 0 && isFetching && (
        <Card>
          <SkeletonRows rows={6} />
        </Card>
      )}
      {hasNextPage && !isFetching && (
        <p className="text-center">
          <Button onClick={() => void fetchNextPage()}>{t("search.more")}</Button>
        </p>
      )}
    </div>
  );
}

function Group({ name, hits, q }: { name: string; hits: readonly Hit[]; q: string }) {
  const t = useT();
  return (
    <section aria-label={name}>
      <h2 className="mb-2 flex items-baseline gap-2 text-sm font-semibold">
        {name} <span className="font-normal text-muted">{t("search.count", { count: hits.length })}</span>
      </h2>
      <Card>
        <ul className="divide-y divide-line">
          {hits.map((hit) => (
            <HitLine key={`${hit.stream} ${hit.key}`} hit={hit} q={q} />
          ))}
        </ul>
      </Card>
    </section>
  );
}
