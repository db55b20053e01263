"use client";

import { ArrowLeftRight } from "lucide-react";
import { useApi } from "@/lib/api";
import { count, moment } from "@/lib/format";
import { useT } from "@/lib/i18n";
import { useHere } from "@/lib/session";
import { usePart, useQuery } from "@/platform/params";
import { Link, useSetQuery } from "@/platform/router";
import { ChangeSets } from "@/screens/compare/change-sets";
import { Changes } from "@/screens/compare/changes";
import { meant, type Snapshot, useSnapshots, useSource } from "@/screens/snapshots/moments";
import { Button, ButtonLink } from "@/ui/button";
import { Card, Section } from "@/ui/card";
import { Select } from "@/ui/field";
import { Page } from "@/ui/page";
import { Skeleton, SkeletonRows } from "@/ui/skeleton";
import { Empty, Shown } from "@/ui/states";
import { Table, Td, Th, Tr } from "@/ui/table";
import "@/messages/en/compare";

/** Two moments of a source beside each other: how much differs, what was changed together, and each record's fields. */
export default function Compare() {
  const t = useT();
  const here = useHere();
  const source = usePart("sources");
  const query = useQuery();
  const snapshots = useSnapshots(source);
  const name = useSource(source).data?.name ?? "…";
  const trail = [
    { name: t("compare.sources"), href: here.path("/sources") },
    { name, href: here.path(`/sources/${source}`) },
    { name: t("compare.snapshots"), href: here.path(`/sources/${source}/snapshots`) },
  ];
  return (
    <Page title={t("compare.title")} trail={trail}>
      <Shown query={snapshots} skeleton={<Waiting />}>
        {(all) => {
          const to = meant(all, query, "to");
          const from = query.get("from")
            ? meant(all, query, "from")
            : (all[all.findIndex((one) => one.id === to?.id) - 1] ?? all[0] ?? null);
          if (!source || !from || !to || all.length < 2)
            return (
              <Card>
                <Empty
                  title={t("compare.alone.title")}
                  action={<ButtonLink href={here.path(`/sources/${source}/snapshots`)}>{t("compare.snapshots")}</ButtonLink>}
                >
                  {t("compare.alone.text")}
                </Empty>
              </Card>
            );
          return <Compared source={source} all={all} from={from} to={to} />;
        }}
      </Shown>
    </Page>
  );
}

type ComparedProps = { source: string; all: readonly Snapshot[]; from: Snapshot; to: Snapshot };

function Compared({ source, all, from, to }: ComparedProps) {
  const t = useT();
  const setQuery = useSetQuery();
  const stream = useQuery().get("stream");
  return (
    <div className="grid gap-4">
      <Card className="flex flex-wrap items-end gap-3 px-4 py-3">
        <MomentSelect label={t("compare.from")} all={all} chosen={from} onChoose={(id) => setQuery({ from: id, to: to.id })} />
        <Button size="icon" aria-label={t("compare.swap")} onClick={() => setQuery({ from: to.id, to: from.id })}>
          <ArrowLeftRight aria-hidden />
        </Button>
        <MomentSelect label={t("compare.to")} all={all} chosen={to} onChoose={(id) => setQuery({ from: from.id, to: id })} />
      </Card>
      <Counts from={from} to={to} />
      {from.number < to.number && <ChangeSets source={source} all={all} from={from} to={to} stream={stream} />}
      <Changes key={`${from.id} ${to.id} ${stream}`} source={source} from={from} to={to} stream={stream} />
    </div>
  );
}

function MomentSelect({
  label,
  all,
  chosen,
  onChoose,
}: {
  label: string;
  all: readonly Snapshot[];
  chosen: Snapshot;
  onChoose: (id: string) => void;
}) {
  const t = useT();
  return (
    <Select label={label} value={chosen.id} onChange={(event) => onChoose(event.target.value)}>
      {all.toReversed().map((one) => (
        <option key={one.id} value={one.id}>
          {t("compare.point", { moment: moment(one.at), number: one.number })}
        </option>
      ))}
    </Select>
  );
}

function Counts({ from, to }: { from: Snapshot; to: Snapshot }) {
  const t = useT();
  const here = useHere();
  const query = useQuery();
  const source = usePart("sources");
  const counts = useApi().use.useQuery(
    "get",
    "/v2/diff/counts",
    { params: { query: { from: from.id, to: to.id } } },
    { staleTime: 300_000 },
  );
  const chosen = query.get("stream");
  const address = (stream: string | null) => {
    const next = new URLSearchParams({ from: from.id, to: to.id, ...(stream ? { stream } : {}) });
    return here.path(`/sources/${source}/compare?${next}`);
  };
  return (
    <Section
      title={t("compare.counts")}
      actions={
        chosen && (
          <ButtonLink size="sm" href={address(null)}>
            {t("compare.all")}
          </ButtonLink>
        )
      }
    >
      <div className="-m-4">
        <Shown query={counts} skeleton={<SkeletonRows rows={4} />}>
          {(data) => {
            const streams = Object.entries(data).filter(([, one]) => (one.added ?? 0) + (one.changed ?? 0) + (one.removed ?? 0) > 0);
            if (streams.length === 0) return <Empty title={t("compare.same.title")}>{t("compare.same.text")}</Empty>;
            return (
              <Table
                label={t("compare.counts")}
                head={
                  <>
                    <Th>{t("compare.stream")}</Th>
                    <Th className="text-right">{t("compare.kind.added")}</Th>
                    <Th className="text-right">{t("compare.kind.changed")}</Th>
                    <Th className="text-right">{t("compare.kind.removed")}</Th>
                  </>
                }
              >
                {streams.map(([stream, one]) => (
                  <Tr key={stream}>
                    <Td className="whitespace-nowrap">
                      <Link
                        href={address(stream)}
                        aria-current={chosen === stream || undefined}
                        className={
                          chosen === stream
                            ? "inline-flex min-h-6.5 items-center font-semibold text-accent"
                            : "inline-flex min-h-6.5 items-center font-medium hover:underline"
                        }
                      >
                        {stream}
                      </Link>
                    </Td>
                    <Td className="text-right text-good tabular-nums">{one.added ? `+${count(one.added)}` : ""}</Td>
                    <Td className="text-right text-accent tabular-nums">{one.changed ? `~${count(one.changed)}` : ""}</Td>
                    <Td className="text-right text-bad tabular-nums">{one.removed ? `−${count(one.removed)}` : ""}</Td>
                  </Tr>
                ))}
              </Table>
            );
          }}
        </Shown>
      </div>
    </Section>
  );
}

const Waiting = () => (
  <div className="grid gap-4">
    <Skeleton className="h-20 w-full" />
    <Skeleton className="h-56 w-full" />
    <Skeleton className="h-72 w-full" />
  </div>
);
