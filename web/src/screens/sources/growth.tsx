"use client";

import type { Shape } from "@/lib/api";
import { compact, count } from "@/lib/format";
import { useT } from "@/lib/i18n";
import { Chart } from "@/ui/chart";

/** The records of a source over its snapshots. */
export default function Growth({ snapshots }: { snapshots: readonly Shape["SnapshotShown"][] }) {
  const t = useT();
  const points = [...snapshots].reverse().map((snapshot) => {
    const sum = (of: "added" | "changed" | "removed") => count(snapshot.streams.reduce((total, stream) => total + stream[of], 0));
    const about = t("sources.one.changes", { added: sum("added"), changed: sum("changed"), removed: sum("removed") });
    return { at: new Date(snapshot.at).getTime(), value: snapshot.records, about };
  });
  return <Chart points={points} label={t("sources.one.records")} say={count} sayShort={compact} isStep />;
}
