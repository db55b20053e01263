"use client";

import { bytes, count } from "@/lib/format";
import { useT } from "@/lib/i18n";
import { useHere } from "@/lib/session";
import { Link } from "@/platform/router";
import { Keeping } from "@/screens/snapshots/keeping";
import { browsePath, type Snapshot, useStreamFacts } from "@/screens/snapshots/moments";
import { Trusting } from "@/screens/snapshots/trusting";
import { Badge } from "@/ui/badge";
import { Card, Figure, Section } from "@/ui/card";
import { ServerWords } from "@/ui/server-words";
import { Table, Td, Th, Tr } from "@/ui/table";

/** What a snapshot holds, stream by stream, and what its run changed. */
export function Contents({ source, snapshot }: { source: string; snapshot: Snapshot }) {
  const t = useT();
  const here = useHere();
  const facts = useStreamFacts(source);
  const mayLook = here.may("content:read");
  return (
    <>
      {snapshot.suspect && <Trusting source={source} snapshot={snapshot} />}
      <div className="grid grid-cols-2 gap-3 lg:grid-cols-4">
        <Figure name={t("snapshots.records")} value={count(snapshot.records)} />
        <Figure name={t("snapshots.streams")} value={count(snapshot.streams.length)} />
        <Figure name={t("snapshots.written")} value={bytes(snapshot.written_bytes)} />
        <Card className="min-w-0 px-4 py-3">
          <p className="text-[13px] text-muted">{t("snapshots.kind")}</p>
          <p className="text-sm font-medium">{t(`snapshots.kind.${snapshot.kind}`)}</p>
          <Link className="text-[13px] text-accent hover:underline" href={here.path(`/runs/${snapshot.run}`)}>
            {t("snapshots.run")}
          </Link>
        </Card>
      </div>
      <Section title={t("snapshots.streams")} about={mayLook ? t("snapshots.streams.about") : undefined}>
        <div className="-m-4">
          <Table
            label={t("snapshots.streams")}
            head={
              <>
                <Th>{t("snapshots.stream")}</Th>
                <Th className="text-right">{t("snapshots.records")}</Th>
                <Th className="text-right">{t("snapshots.added")}</Th>
                <Th className="text-right">{t("snapshots.changed")}</Th>
                <Th className="text-right">{t("snapshots.removed")}</Th>
                <Th>{t("snapshots.state")}</Th>
              </>
            }
          >
            {snapshot.streams.map((stream) => (
              <Tr key={stream.name}>
                <Td className="font-medium whitespace-nowrap">
                  {mayLook ? (
                    <Link
                      className="inline-flex min-h-6.5 items-center hover:underline"
                      href={here.path(browsePath(source, snapshot.id, stream.name))}
                    >
                      {facts.get(stream.name)?.label ?? stream.name}
                    </Link>
                  ) : (
                    (facts.get(stream.name)?.label ?? stream.name)
                  )}
                </Td>
                <Td className="text-right tabular-nums">{count(stream.records)}</Td>
                <Td className="text-right text-good tabular-nums">{stream.added > 0 && `+${count(stream.added)}`}</Td>
                <Td className="text-right text-accent tabular-nums">{stream.changed > 0 && `~${count(stream.changed)}`}</Td>
                <Td className="text-right text-bad tabular-nums">{stream.removed > 0 && `−${count(stream.removed)}`}</Td>
                <Td>
                  <Badge tone={stream.status === "partial" ? "warn" : stream.status === "complete" ? "good" : "plain"}>
                    {t(`snapshots.status.${stream.status}`)}
                  </Badge>
                  {stream.problems.map((problem) => (
                    <p key={problem} className="mt-1 text-[13px] text-warn">
                      <ServerWords>{problem}</ServerWords>
                    </p>
                  ))}
                </Td>
              </Tr>
            ))}
          </Table>
        </div>
      </Section>
      <Keeping key={snapshot.id} snapshot={snapshot} />
    </>
  );
}
