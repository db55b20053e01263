"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { Undo2 } from "lucide-react";
import { type Shape, useApi } from "@/lib/api";
import { moment } from "@/lib/format";
import { useT } from "@/lib/i18n";
import { useHere } from "@/lib/session";
import { Link } from "@/platform/router";
import { pathOfRestore } from "@/screens/restores/asked";
import { recordPath, type Snapshot } from "@/screens/snapshots/moments";
import { Badge } from "@/ui/badge";
import { ButtonLink } from "@/ui/button";
import { Section } from "@/ui/card";
import { More } from "@/ui/more";
import { SkeletonRows } from "@/ui/skeleton";
import { Shown } from "@/ui/states";

export const TONES = { added: "good", changed: "accent", removed: "bad" } as const;

/** What was changed together between the two moments, as one thing: the same edit on many records, and its undoing. */
export function ChangeSets({
  source,
  all,
  from,
  to,
  stream,
}: {
  source: string;
  all: readonly Snapshot[];
  from: Snapshot;
  to: Snapshot;
  stream: string | null;
}) {
  const t = useT();
  const { call } = useApi();
  // the runs after `from` up to `to`: a run's set carries the instant of its snapshot
  const asked = { source, since: justAfter(from.at), until: justAfter(to.at), ...(stream ? { stream } : {}) };
  const query = useInfiniteQuery({
    queryKey: ["get", "/v2/change-sets", "all", asked],
    queryFn: async ({ pageParam, signal }) =>
      (await call.GET("/v2/change-sets", { params: { query: { ...asked, limit: 50, cursor: pageParam } }, signal })).data ?? {
        items: [],
        next: null,
      },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
  return (
    <Section title={t("compare.sets")} about={t("compare.sets.about")}>
      <div className="-m-4">
        <Shown query={query} skeleton={<SkeletonRows rows={3} />}>
          {({ pages }) => {
            const sets = pages.flatMap((page) => page.items).filter((set) => set.number > from.number && set.number <= to.number);
            return sets.length === 0 && !query.hasNextPage ? (
              <p className="p-4 text-sm text-muted">{t("compare.sets.none")}</p>
            ) : (
              <ul className="divide-y divide-line">
                {sets.map((set) => (
                  <ChangeSetLine
                    key={`${set.number} ${set.stream} ${set.kind} ${set.fields.join()} ${set.began_at}`}
                    source={source}
                    set={set}
                    before={all.findLast((one) => one.number < set.number)}
                  />
                ))}
              </ul>
            );
          }}
        </Shown>
        <More query={query} />
      </div>
    </Section>
  );
}

const justAfter = (at: string) => new Date(new Date(at).getTime() + 1).toISOString();

function ChangeSetLine({ source, set, before }: { source: string; set: Shape["ChangeSet"]; before?: Snapshot }) {
  const t = useT();
  const here = useHere();
  const place = set.kind === "removed" ? (before?.id ?? set.snapshot) : set.snapshot;
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3">
      <div className="min-w-0 flex-1 basis-72">
        <p className="flex flex-wrap items-center gap-2 text-sm font-medium">
          <Badge tone={TONES[set.kind]}>{t(`compare.kind.${set.kind}`)}</Badge>
          {t("compare.set", { count: set.count, stream: set.stream })}
          {set.fields.length > 0 && (
            <span className="font-normal text-muted">{t("compare.set.fields", { fields: set.fields.join(", ") })}</span>
          )}
        </p>
        <p className="mt-1 text-[13px] text-muted">
          {t("compare.set.span", { began: moment(set.began_at), ended: moment(set.ended_at), number: set.number })}
        </p>
        <p className="flex flex-wrap gap-x-3 text-[13px]">
          {set.keys.map((key) => (
            <Link
              key={key}
              href={here.path(recordPath(source, place, set.stream, key))}
              className="inline-flex min-h-6.5 items-center text-accent hover:underline"
            >
              {key}
            </Link>
          ))}
          {set.count > set.keys.length && <span className="inline-flex min-h-6.5 items-center text-muted">…</span>}
        </p>
      </div>
      {before && set.kind !== "added" && set.exact !== false && here.may("restores:plan") && <UndoButton source={source} set={set} />}
    </li>
  );
}

/** Leads to the plan of taking the set back as one: its records as they were before, but for those that were changed again. */
function UndoButton({ source, set }: { source: string; set: Shape["ChangeSet"] }) {
  const t = useT();
  const here = useHere();
  const { snapshot, stream, kind, began_at, ended_at } = set;
  const asked = { source, snapshot, set: { stream, kind, fields: [...set.fields], began_at, ended_at } };
  return (
    <ButtonLink size="sm" href={here.path(pathOfRestore(asked))}>
      <Undo2 aria-hidden />
      {t("compare.undo", { count: set.count })}
    </ButtonLink>
  );
}
