"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { Files as FilesIcon, Search } from "lucide-react";
import { type FormEvent, useState } from "react";
import { type Shape, useApi } from "@/lib/api";
import { bytes } from "@/lib/format";
import { useT } from "@/lib/i18n";
import { useSources } from "@/lib/listings";
import { useHere } from "@/lib/session";
import { useQuery } from "@/platform/params";
import { Link, useSetQuery } from "@/platform/router";
import { FileActs } from "@/screens/files/file-line";
import { FileTree } from "@/screens/files/tree";
import { AsOfField } from "@/screens/snapshots/as-of";
import { recordPath } from "@/screens/snapshots/moments";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { Select, TextField } from "@/ui/field";
import { More } from "@/ui/more";
import { Page } from "@/ui/page";
import { SkeletonRows } from "@/ui/skeleton";
import { Empty, Failure } from "@/ui/states";
import { Table, Td, Th, Tr } from "@/ui/table";
import { TabLinks } from "@/ui/tabs";
import { Moment } from "@/ui/time";
import "@/messages/en/files";

const TYPES = [
  ["image/", "files.type.image"],
  ["text/", "files.type.text"],
  ["application/pdf", "files.type.pdf"],
] as const;

/** Every file of every record, as of any date: as a list one can search, or as a tree. */
export default function Files() {
  const t = useT();
  const here = useHere();
  const query = useQuery();
  const view = query.get("view") === "tree" ? "tree" : "list";
  const at = query.get("at");
  const keep: Record<string, string> = at ? { at } : {};
  return (
    <Page title={t("files.title")} about={t("files.about")}>
      <TabLinks
        label={t("files.views")}
        tabs={[
          { href: here.path(`/files?${new URLSearchParams(keep)}`), name: t("files.list"), isHere: view === "list" },
          { href: here.path(`/files?${new URLSearchParams({ ...keep, view: "tree" })}`), name: t("files.tree"), isHere: view === "tree" },
        ]}
      />
      <div className="grid gap-4">
        <Card className="flex flex-wrap items-end gap-3 px-4 py-3">
          {view === "list" && <Filters key={query.get("q") ?? ""} />}
          <AsOfField label={t("files.asof")} now={t("files.now")} />
        </Card>
        {view === "tree" ? <FileTree /> : <List />}
      </div>
    </Page>
  );
}

function Filters() {
  const t = useT();
  const query = useQuery();
  const setQuery = useSetQuery();
  const [text, setText] = useState(query.get("q") ?? "");
  const sources = useSources();
  const look = (event: FormEvent) => {
    event.preventDefault();
    setQuery({ q: text.trim() || null });
  };
  return (
    <>
      <search className="min-w-0 flex-1 basis-64">
        <form onSubmit={look} className="flex items-end gap-1">
          <div className="min-w-0 flex-1">
            <TextField
              type="search"
              label={t("files.search")}
              value={text}
              maxLength={200}
              onChange={(event) => setText(event.target.value)}
            />
          </div>
          <Button size="icon" type="submit" aria-label={t("files.search.go")}>
            <Search aria-hidden />
          </Button>
        </form>
      </search>
      <Select label={t("files.type")} value={query.get("type") ?? ""} onChange={(event) => setQuery({ type: event.target.value || null })}>
        <option value="">{t("files.type.all")}</option>
        {TYPES.map(([type, name]) => (
          <option key={type} value={type}>
            {t(name)}
          </option>
        ))}
      </Select>
      <Select
        label={t("files.source")}
        value={query.get("source") ?? ""}
        onChange={(event) => setQuery({ source: event.target.value || null })}
      >
        <option value="">{t("files.source.all")}</option>
        {sources.data?.items.map((one) => (
          <option key={one.id} value={one.id}>
            {one.name}
          </option>
        ))}
      </Select>
    </>
  );
}

function List() {
  const t = useT();
  const query = useQuery();
  const { call } = useApi();
  const asked = { q: query.get("q"), content_type: query.get("type"), source: query.get("source"), as_of: query.get("at") };
  const files = useInfiniteQuery({
    queryKey: ["post", "/v2/data/files/search", asked],
    queryFn: async ({ pageParam, signal }) =>
      (await call.POST("/v2/data/files/search", { body: { ...asked, limit: 50, cursor: pageParam ?? null }, signal })).data ?? {
        items: [],
        next: null,
        incomplete: false,
      },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    staleTime: 60_000,
  });
  const found = files.data?.pages.flatMap((page) => page.items) ?? [];
  if (files.isError)
    return (
      <Card>
        <Failure error={files.error} onRetry={() => void files.refetch()} />
      </Card>
    );
  return (
    <Card>
      {files.isPending ? (
        <SkeletonRows rows={8} />
      ) : found.length === 0 && !files.hasNextPage ? (
        <Empty icon={<FilesIcon aria-hidden />} title={t("files.none.title")}>
          {t("files.none.text")}
        </Empty>
      ) : (
        <Table
          label={t("files.title")}
          head={
            <>
              <Th>{t("files.name")}</Th>
              <Th>{t("files.record")}</Th>
              <Th className="text-right">{t("files.size")}</Th>
              <Th>{t("files.at")}</Th>
              <Th>
                <span className="sr-only">{t("files.acts")}</span>
              </Th>
            </>
          }
        >
          {found.map((file) => (
            <FileRow key={file.id} file={file} />
          ))}
        </Table>
      )}
      <More query={files}>
        {files.data?.pages.at(-1)?.incomplete && <span className="ml-3 text-[13px] text-muted">{t("files.incomplete")}</span>}
      </More>
    </Card>
  );
}

function FileRow({ file }: { file: Shape["File"] }) {
  const here = useHere();
  return (
    <Tr>
      <Td className="max-w-80">
        <span className="block truncate font-medium" title={file.path}>
          {file.name}
        </span>
        <span className="block text-xs text-muted">{file.content_type}</span>
      </Td>
      <Td className="whitespace-nowrap">
        <Link
          className="inline-flex min-h-6.5 items-center text-accent hover:underline"
          href={here.path(recordPath(file.source, file.snapshot, file.stream, file.record))}
        >
          {file.stream} {file.record}
        </Link>
      </Td>
      <Td className="text-right whitespace-nowrap tabular-nums">{bytes(file.size_bytes)}</Td>
      <Td className="whitespace-nowrap">
        <Moment at={file.at} />
      </Td>
      <Td>
        <FileActs file={file} />
      </Td>
    </Tr>
  );
}
