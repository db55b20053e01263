"use client";

import type { Shape } from "@/lib/api";
import { type Key, useT } from "@/lib/i18n";
import { Table, Td, Th, Tr } from "@/ui/table";
import "@/messages/en/connections";

type Stream = Shape["PlatformStream"];

/** What a backup of a platform reads, stream by stream, and what a restore can write back and sets off. */
export function PlatformFacts({ platform }: { platform: Shape["Platform"] }) {
  const t = useT();
  const streams = platform.streams ?? [];
  if (streams.length === 0) return <p className="p-4 text-sm text-muted">{t("connections.facts.described")}</p>;
  const label = (name: string) => streams.find((stream) => stream.name === name)?.label ?? name;
  return (
    <Table
      label={t("connections.facts.title")}
      head={
        <>
          <Th>{t("connections.facts.stream")}</Th>
          <Th>{t("connections.facts.changes")}</Th>
          <Th>{t("connections.facts.deletions")}</Th>
          <Th>{t("connections.facts.restore")}</Th>
        </>
      }
    >
      {streams.map((stream) => (
        <Tr key={stream.name}>
          <Td>
            <span className="font-medium whitespace-nowrap">{stream.label}</span>
            {stream.parent && (
              <span className="block text-[13px] text-muted">{t("connections.facts.within", { parent: label(stream.parent) })}</span>
            )}
          </Td>
          <Td className="text-[13px] whitespace-nowrap text-muted">
            {stream.incremental ? t("connections.facts.incremental") : t("connections.facts.listing")}
          </Td>
          <Td className="min-w-32 text-[13px] text-muted">{deletions(stream, t)}</Td>
          <Td className="min-w-52 text-[13px]">
            <Restore stream={stream} />
          </Td>
        </Tr>
      ))}
    </Table>
  );
}

const TOLD: Record<string, Key> = {
  feed: "connections.facts.deletions.feed",
  flag: "connections.facts.deletions.flag",
  trash: "connections.facts.deletions.trash",
  listing: "connections.facts.deletions.listing",
  never: "connections.facts.deletions.never",
};
const deletions = (stream: Stream, t: (key: Key) => string) => {
  const key = TOLD[stream.deletions];
  return key ? t(key) : stream.deletions;
};

function Restore({ stream }: { stream: Stream }) {
  const t = useT();
  const can = stream.restore;
  const acts = [
    can.create && t("connections.facts.create"),
    can.update && t("connections.facts.update"),
    can.delete && t("connections.facts.delete"),
  ].filter(Boolean);
  if (acts.length === 0) return <span className="text-muted">{t("connections.facts.none")}</span>;
  const notes = [
    can.create && (can.keeps_id ? t("connections.facts.keeps") : t("connections.facts.newid")),
    stream.attachments && (can.files ? t("connections.facts.files") : t("connections.facts.files.not")),
  ].filter(Boolean);
  return (
    <>
      {acts.join(", ")}
      {notes.length > 0 && <span className="block text-muted">{notes.join(" · ")}</span>}
      {(can.side_effects ?? []).map((what) => (
        <span key={what} className="block text-warn">
          {t("connections.facts.side", { what })}
        </span>
      ))}
    </>
  );
}
