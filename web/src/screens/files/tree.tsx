"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { ChevronRight, Database, FileText, Folder, FolderOpen } from "lucide-react";
import { type Shape, useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { useQuery } from "@/platform/params";
import { useSetQuery } from "@/platform/router";
import { FileActs } from "@/screens/files/file-line";
import { Card } from "@/ui/card";
import { More } from "@/ui/more";
import { SkeletonRows } from "@/ui/skeleton";
import { Failure } from "@/ui/states";

const ICONS = { source: Database, stream: FolderOpen, record: Folder, file: FileText } as const;

/** Sources, streams, records, files: one place at a time, with the way back above it. The way is in the address (`?path=`, names in `?names=`). */
export function FileTree() {
  const t = useT();
  const query = useQuery();
  const setQuery = useSetQuery();
  const { call } = useApi();
  const path = query.get("path") ?? "";
  const at = query.get("at");
  const steps = stepsOf(query.get("way"));
  const branch = useInfiniteQuery({
    queryKey: ["get", "/v2/data/tree", path, at],
    queryFn: async ({ pageParam, signal }) =>
      (
        await call.GET("/v2/data/tree", {
          params: { query: { path, limit: 100, cursor: pageParam, ...(at ? { as_of: at } : {}) } },
          signal,
        })
      ).data ?? { items: [], next: null },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    staleTime: 60_000,
  });
  const nodes = branch.data?.pages.flatMap((page) => page.items) ?? [];
  const go = (to: readonly Step[]) => setQuery({ path: to.at(-1)?.path ?? null, way: to.length > 0 ? JSON.stringify(to) : null });
  return (
    <Card>
      <nav aria-label={t("files.way")} className="border-b border-line px-4 py-2">
        <ol className="flex flex-wrap items-center gap-1 text-sm">
          {[{ name: t("files.root"), path: "" }, ...steps].map((step, index) => (
            <li key={step.path} className="flex items-center gap-1">
              {index > 0 && <ChevronRight aria-hidden className="size-3.5 text-muted" />}
              <button
                type="button"
                className="min-h-6.5 rounded px-1 hover:underline"
                aria-current={index === steps.length ? "location" : undefined}
                onClick={() => go(steps.slice(0, index))}
              >
                {step.name}
              </button>
            </li>
          ))}
        </ol>
      </nav>
      {branch.isError ? (
        <Failure error={branch.error} onRetry={() => void branch.refetch()} />
      ) : branch.isPending ? (
        <SkeletonRows rows={6} />
      ) : nodes.length === 0 ? (
        <p className="p-4 text-sm text-muted">{t("files.folder.empty")}</p>
      ) : (
        <ul className="divide-y divide-line">
          {nodes.map((node) => (
            <NodeLine key={node.path} node={node} onOpen={() => go([...steps, { name: node.name, path: node.path }])} />
          ))}
        </ul>
      )}
      <More query={branch} />
    </Card>
  );
}

type Step = { name: string; path: string };

function stepsOf(way: string | null): readonly Step[] {
  try {
    const said: unknown = JSON.parse(way ?? "[]");
    return Array.isArray(said) ? said.filter((one): one is Step => typeof one?.name === "string" && typeof one?.path === "string") : [];
  } catch {
    return []; // an address that somebody cut short
  }
}

function NodeLine({ node, onOpen }: { node: Shape["FileNode"]; onOpen: () => void }) {
  const Icon = ICONS[node.kind];
  return (
    <li className="flex min-h-10 items-center gap-3 px-4 py-1.5 text-sm hover:bg-sunken">
      <Icon aria-hidden className="size-4 shrink-0 text-muted" />
      {node.file ? (
        <>
          <span className="min-w-0 flex-1 truncate">{node.name}</span>
          <FileActs file={node.file} />
        </>
      ) : (
        <button type="button" className="min-h-8 min-w-0 flex-1 truncate text-left font-medium hover:underline" onClick={onOpen}>
          {node.name}
        </button>
      )}
    </li>
  );
}
