"use client";

import { useMemo } from "react";
import { type Shape, useApi } from "@/lib/api";
import { moment } from "@/lib/format";
import { type Key, useT } from "@/lib/i18n";
import { useHere } from "@/lib/session";
import { Link } from "@/platform/router";
import { differing } from "@/screens/record/differing";
import { PutBack } from "@/screens/record/put-back";
import type { Place } from "@/screens/record/record";
import { Differences } from "@/screens/record/value";
import { pathOfRestore } from "@/screens/restores/asked";
import { recordPath, type Snapshot } from "@/screens/snapshots/moments";
import { Badge, type Tone } from "@/ui/badge";
import { ButtonLink } from "@/ui/button";
import { Card } from "@/ui/card";
import { SkeletonRows } from "@/ui/skeleton";
import { Shown } from "@/ui/states";

const TURNS: Record<string, [Key, Tone]> = {
  insert: ["record.turn.insert", "good"],
  update: ["record.turn.update", "accent"],
  delete: ["record.turn.delete", "bad"],
};
const SHOWN = 12; // fields of one turn

/** Every kept version of a record, newest first, with the fields that changed; and of a deletion, how it is known. */
export function History({ place, all }: { place: Place; all: readonly Snapshot[] }) {
  const path = { snapshot: place.snapshot.id, stream: place.stream, key: place.key };
  const query = useApi().use.useQuery(
    "get",
    "/v2/snapshots/{snapshot}/streams/{stream}/records/{key}/history",
    { params: { path } },
    { retry: false },
  );
  return (
    <Card>
      <Shown query={query} skeleton={<SkeletonRows rows={8} />}>
        {(data) => (
          <ol className="divide-y divide-line">
            {data.items.map((version, index) => (
              <Turn
                key={version.since}
                version={version}
                before={data.items[index + 1]}
                former={all.find((one) => one.number === data.items[index + 1]?.since)}
                place={place}
                snapshot={all.find((one) => one.number === version.since)}
                isHere={isHere(data.items, index, place.snapshot.number)}
              />
            ))}
          </ol>
        )}
      </Shown>
    </Card>
  );
}

/** Whether this version is the one that the snapshot holds. */
function isHere(versions: readonly Shape["VersionShown"][], index: number, number: number): boolean {
  const since = versions[index]?.since ?? 0;
  const until = versions[index - 1]?.since ?? Number.POSITIVE_INFINITY;
  return since <= number && number < until;
}

type TurnProps = {
  version: Shape["VersionShown"];
  before?: Shape["VersionShown"];
  place: Place;
  snapshot?: Snapshot;
  former?: Snapshot;
  isHere: boolean;
};

function Turn({ version, before, place, snapshot, former, isHere }: TurnProps) {
  const t = useT();
  const here = useHere();
  const [word, tone] = TURNS[version.happened] ?? (["record.turn.update", "plain"] as const);
  const differences = useMemo(() => (version.record && before?.record ? differing(before.record, version.record) : []), [version, before]);
  const { source, stream, key } = place;
  return (
    <li className="grid gap-2.5 px-4 py-3" aria-current={isHere || undefined}>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm">
        <Badge tone={tone}>{t(word)}</Badge>
        <span className="tabular-nums">{version.at && moment(version.at)}</span>
        <span className="text-muted">{t("record.since", { number: version.since })}</span>
        {isHere && <span className="font-medium text-accent">{t("record.here")}</span>}
        {snapshot && version.record !== null && (
          <span className="ml-auto flex gap-2">
            {!isHere && (
              <Link
                className="inline-flex min-h-6.5 items-center text-accent hover:underline"
                href={here.path(recordPath(source, snapshot.id, stream, key))}
              >
                {t("record.look")}
              </Link>
            )}
            {here.may("restores:plan") && (
              <ButtonLink size="sm" href={here.path(pathOfRestore({ source, snapshot: snapshot.id, keys: { [stream]: [key] } }))}>
                {t("record.restore.this")}
              </ButtonLink>
            )}
          </span>
        )}
      </div>
      {version.evidence && <p className="text-[13px] text-muted">{t("record.evidence", { evidence: version.evidence })}</p>}
      {differences.length > 0 && (
        <Differences
          all={differences.slice(0, SHOWN)}
          act={former && ((field) => <PutBack source={source} snapshot={former.id} stream={stream} recordKey={key} field={field} />)}
        />
      )}
      {differences.length > SHOWN && <p className="text-[13px] text-muted">{t("record.further", { count: differences.length - SHOWN })}</p>}
      {version.happened === "update" && differences.length === 0 && before?.record !== null && (
        <p className="text-[13px] text-muted">{t("record.unread")}</p>
      )}
    </li>
  );
}
