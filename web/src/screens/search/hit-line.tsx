"use client";

import { useState } from "react";
import { type Shape, useApi } from "@/lib/api";
import { day } from "@/lib/format";
import { useT } from "@/lib/i18n";
import { asProblem } from "@/lib/problem";
import { useHere } from "@/lib/session";
import { Link } from "@/platform/router";
import { recordPath } from "@/screens/snapshots/moments";
import { type Json, titleOf } from "@/screens/snapshots/values";

type Hit = Shape["HitShown"];

/** A record that was found, and the field that holds the word. */
export function HitLine({ hit, q }: { hit: Hit; q: string }) {
  const here = useHere();
  const place = whereIn(hit.record as Json, q.toLowerCase());
  return (
    <li className="grid gap-0.5 px-4 py-2.5 text-sm [contain-intrinsic-size:auto_4rem] [content-visibility:auto]">
      <p className="flex flex-wrap items-center gap-x-3">
        <Link
          className="inline-flex min-h-6.5 items-center font-medium hover:underline"
          href={here.path(recordPath(hit.source, hit.snapshot, hit.stream, hit.key))}
        >
          {titleOf(hit.record, hit.key)}
        </Link>
        <span className="text-muted">
          {hit.stream} {hit.key}
        </span>
        <Life hit={hit} />
      </p>
      {place && (
        <p className="text-[13px]">
          <code className="font-mono text-xs text-muted">{place.path}</code> {place.before}
          <mark className="rounded-sm bg-warn-soft text-warn">{place.hit}</mark>
          {place.after}
        </p>
      )}
    </li>
  );
}

/** From when to when the record existed: asked for one by one, for it stands in the record's history. */
function Life({ hit }: { hit: Hit }) {
  const t = useT();
  const [isAsked, setAsked] = useState(false);
  const path = { snapshot: hit.snapshot, stream: hit.stream, key: hit.key };
  const history = useApi().use.useQuery(
    "get",
    "/v2/snapshots/{snapshot}/streams/{stream}/records/{key}/history",
    { params: { path } },
    { enabled: isAsked, staleTime: 300_000 },
  );
  if (!isAsked)
    return (
      <button type="button" className="min-h-6.5 text-[13px] text-accent hover:underline sm:ml-auto" onClick={() => setAsked(true)}>
        {t("search.life")}
      </button>
    );
  const turns = history.data?.items ?? [];
  const [last, first] = [turns[0], turns.at(-1)];
  return (
    <span role="status" className="text-[13px] text-muted sm:ml-auto">
      {!last || !first?.at
        ? history.isError
          ? asProblem(history.error).message
          : "…"
        : last.happened === "delete" && last.at
          ? t("search.life.gone", { from: day(first.at), to: day(last.at) })
          : t("search.life.since", { from: day(first.at) })}
    </span>
  );
}

type Spot = { path: string; before: string; hit: string; after: string };
const AROUND = 40;

function whereIn(value: Json, wanted: string, path = ""): Spot | null {
  if (value === null) return null;
  if (typeof value === "object") {
    for (const [name, one] of Object.entries(value)) {
      const found = whereIn(one, wanted, path ? `${path}.${name}` : name);
      if (found) return found;
    }
    return null;
  }
  const text = String(value);
  const at = text.toLowerCase().indexOf(wanted);
  if (at < 0) return null;
  const end = at + wanted.length;
  return {
    path,
    before: (at > AROUND ? "…" : "") + text.slice(Math.max(0, at - AROUND), at),
    hit: text.slice(at, end),
    after: text.slice(end, end + AROUND) + (text.length > end + AROUND ? "…" : ""),
  };
}
