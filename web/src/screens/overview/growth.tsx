"use client";

import { useState } from "react";
import type { Shape } from "@/lib/api";
import { bytes, compact, count } from "@/lib/format";
import { useT } from "@/lib/i18n";
import type { Standing } from "@/screens/sources/standing";
import { Button } from "@/ui/button";
import { Section } from "@/ui/card";
import { Chart, type Point } from "@/ui/chart";

/** What all sources hold together over time, and what was stored anew for it. */
export default function Growth({ standings, most }: { standings: readonly Standing[]; most: number }) {
  const t = useT();
  const [what, setWhat] = useState<"records" | "stored">("records");
  const points = what === "records" ? recordsOver(standings) : storedOver(standings);
  return (
    <Section
      title={t("overview.growth")}
      about={t("overview.growth.about", { count: most })}
      className="min-w-0"
      actions={(["records", "stored"] as const).map((one) => (
        <Button key={one} size="sm" kind={one === what ? "plain" : "quiet"} aria-pressed={one === what} onClick={() => setWhat(one)}>
          {t(`overview.growth.${one}`)}
        </Button>
      ))}
    >
      {points.length < 2 ? (
        <p className="text-sm text-muted">{t("overview.growth.none")}</p>
      ) : (
        <Chart
          key={what}
          points={points}
          label={t(`overview.growth.${what}`)}
          say={what === "records" ? count : bytes}
          sayShort={what === "records" ? compact : bytes}
          height={210}
          isStep
        />
      )}
    </Section>
  );
}

type Snapshot = Shape["SnapshotShown"];
const inOrder = (standings: readonly Standing[]) => standings.flatMap((one) => one.snapshots).sort((one, other) => when(one) - when(other));

/** After each snapshot, the records of every source as its newest snapshot by then has them. */
function recordsOver(standings: readonly Standing[]): Point[] {
  const now = new Map<string, number>();
  return inOrder(standings).map((snapshot) => {
    now.set(snapshot.source, snapshot.records);
    return { at: when(snapshot), value: [...now.values()].reduce((sum, records) => sum + records, 0) };
  });
}

/** What snapshots wrote, summed up from the first that is looked at. */
function storedOver(standings: readonly Standing[]): Point[] {
  let sum = 0;
  return inOrder(standings).map((snapshot) => {
    sum += snapshot.written_bytes;
    return { at: when(snapshot), value: sum };
  });
}

const when = (snapshot: Snapshot) => new Date(snapshot.at).getTime();
