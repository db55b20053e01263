"use client";

import dynamic from "next/dynamic";
import { useState } from "react";
import { type Shape, useApi } from "@/lib/api";
import { secondsOf } from "@/lib/duration";
import { count, percent } from "@/lib/format";
import { language, useT } from "@/lib/i18n";
import { useHere } from "@/lib/session";
import type { Standing } from "@/screens/sources/standing";
import { intervalWords } from "@/screens/sources/words";
import { Badge, type Tone } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Section } from "@/ui/card";
import { ServerWords } from "@/ui/server-words";
import { SkeletonRows } from "@/ui/skeleton";
import { Shown } from "@/ui/states";
import { Table, Td, Th, Tr } from "@/ui/table";
import "@/messages/en/sources";

const ChangeStreams = dynamic(() => import("@/screens/sources/change-streams"), { ssr: false });
const TONES: Record<Shape["Cover"], Tone> = { covered: "good", waiting: "accent", left_out: "plain", short: "warn", gone: "plain" };

/** What is read of the platform, and what its API cannot give. */
export default function StreamsTab({ standing }: { standing: Standing }) {
  const t = useT();
  const here = useHere();
  const { source, connection } = standing;
  const api = useApi();
  const [isOpen, setOpen] = useState(false);
  const coverage = api.use.useQuery("get", "/v2/sources/{source}/coverage", { params: { path: { source: source.id } } });
  return (
    <div className="grid gap-5">
      <Section
        title={t("sources.streams.title")}
        about={coverage.data && t("sources.streams.share", { share: percent(coverage.data.share) })}
        isFlush
        actions={
          here.may("sources:manage") && (
            <Button size="sm" onClick={() => setOpen(true)}>
              {t("sources.streams.choose")}
            </Button>
          )
        }
      >
        <Shown query={coverage} skeleton={<SkeletonRows />}>
          {(data) => <Covered coverage={data} source={source} />}
        </Shown>
      </Section>
      {connection && <Limits platform={connection.platform} source={source} />}
      {isOpen && <ChangeStreams source={source} onClose={() => setOpen(false)} />}
    </div>
  );
}

function Covered({ coverage, source }: { coverage: Shape["Coverage"]; source: Shape["Source"] }) {
  const t = useT();
  return (
    <Table
      label={t("sources.streams.title")}
      head={
        <>
          <Th>{t("sources.tab.streams")}</Th>
          <Th>{t("sources.streams.column.cover")}</Th>
          <Th className="text-right">{t("sources.one.records")}</Th>
        </>
      }
    >
      {coverage.streams.map((stream) => (
        <Tr key={stream.stream}>
          <Td>
            <span className="font-medium">{stream.label}</span>
            {stream.has_attachments && <span className="text-[13px] text-muted"> · {t("sources.streams.files")}</span>}
            {stream.problems.map((problem) => (
              <span key={problem} className="block text-[13px] text-warn">
                <ServerWords>{problem}</ServerWords>
              </span>
            ))}
          </Td>
          <Td>
            <span className="flex flex-wrap gap-1.5">
              <Badge tone={TONES[stream.cover]}>{t(`sources.cover.${stream.cover}`)}</Badge>
              {stream.is_filtered && (
                <Badge>
                  {t("sources.streams.filtered")}: {said(source.filters?.[stream.stream])}
                </Badge>
              )}
            </span>
          </Td>
          <Td className="text-right tabular-nums">{count(stream.records)}</Td>
        </Tr>
      ))}
    </Table>
  );
}

const said = (filters: readonly Shape["Filter"][] = []) =>
  filters.map((filter) => (filter.op === "present" ? filter.field : `${filter.field} ${filter.op} ${filter.value}`)).join(", ");

/** What cannot be had, in sentences: read from what the platform's connector declares. */
function Limits({ platform, source }: { platform: string; source: Shape["Source"] }) {
  const t = useT();
  const found = useApi().use.useQuery("get", "/v2/platforms/{platform}", { params: { path: { platform } } });
  const streams = (found.data?.streams ?? []).filter(
    (one) => source.streams === null || source.streams === undefined || source.streams.includes(one.name),
  );
  if (streams.length === 0) return null;
  const names = (that: (stream: Shape["PlatformStream"]) => boolean) =>
    new Intl.ListFormat(language(), { type: "conjunction" }).format(streams.filter(that).map((one) => one.label));
  const interval = intervalWords(secondsOf(source.full_every ?? "P7D"));
  const canBack = (one: Shape["PlatformStream"]) => one.restore.create || one.restore.update;
  const listing = names((one) => one.deletions === "listing" && one.incremental);
  const notBack = names((one) => !canBack(one));
  const newIds = names((one) => Boolean(one.restore.create) && !one.restore.keeps_id);
  const files = names((one) => one.attachments && !one.restore.files);
  const lines = [
    listing && t("sources.limits.listing", { streams: listing, interval }),
    notBack && t("sources.limits.back", { streams: notBack }),
    newIds && t("sources.limits.newid", { streams: newIds }),
    files && t("sources.limits.files", { streams: files }),
    ...streams.flatMap((one) => (one.restore.side_effects ?? []).map((what) => t("sources.limits.side", { streams: one.label, what }))),
  ].filter((line): line is string => Boolean(line));
  return (
    <Section title={t("sources.limits.title")} about={t("sources.limits.about")}>
      {lines.length === 0 ? (
        <p className="text-sm">{t("sources.limits.none")}</p>
      ) : (
        <ul className="grid list-disc gap-1.5 pl-5 text-sm marker:text-muted">
          {lines.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      )}
    </Section>
  );
}
