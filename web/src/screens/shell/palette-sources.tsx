"use client";

import { Clock, Database, DatabaseBackup } from "lucide-react";
import { useApi } from "@/lib/api";
import { moment } from "@/lib/format";
import { useT } from "@/lib/i18n";
import { useSources } from "@/lib/listings";
import { useHere } from "@/lib/session";
import { momentOf } from "@/lib/when";
import { useGo } from "@/platform/router";
import type { PageProps } from "@/screens/shell/palette";
import { CommandGroup, CommandItem } from "@/ui/command";
import { tell, tellFailure } from "@/ui/toast";

/** Sources by name. */
export function SourceItems({ onClose }: { onClose: () => void }) {
  const t = useT();
  const go = useGo();
  const here = useHere();
  const sources = useSources().data?.items ?? [];
  if (sources.length === 0) return null;
  return (
    <CommandGroup title={t("palette.sources")}>
      {sources.map((source) => (
        <CommandItem
          key={source.id}
          id={source.id}
          name={source.name}
          keywords={source.tags}
          icon={<Database aria-hidden />}
          onChoose={() => {
            onClose();
            go.to(here.path(`/sources/${source.id}`));
          }}
        />
      ))}
    </CommandGroup>
  );
}

/** Which source is backed up now. */
export function BackUpItems({ onClose }: PageProps) {
  const t = useT();
  const go = useGo();
  const here = useHere();
  const api = useApi();
  const sources = useSources().data?.items ?? [];
  const start = async (source: string, name: string) => {
    onClose();
    try {
      const { data } = await api.call.POST("/v2/sources/{source}/sync", { params: { path: { source } }, body: {} });
      void tell(t("palette.backup.begun", { name }));
      if (data) go.to(here.path(`/runs/${data.id}`));
    } catch (error) {
      void tellFailure(error);
    }
  };
  return (
    <CommandGroup title={t("palette.backup")}>
      {sources.map((source) => (
        <CommandItem
          key={source.id}
          id={source.id}
          name={source.name}
          icon={<DatabaseBackup aria-hidden />}
          onChoose={() => void start(source.id, source.name)}
        />
      ))}
    </CommandGroup>
  );
}

/** A moment that is typed, and the sources as they were then. */
export function TimeItems({ typed, onClose }: PageProps) {
  const t = useT();
  const go = useGo();
  const here = useHere();
  const sources = useSources().data?.items ?? [];
  const at = momentOf(typed);
  if (!at) return null;
  return (
    <CommandGroup title={t("palette.time.asof", { moment: moment(at) })}>
      {sources.map((source) => (
        <CommandItem
          key={source.id}
          id={source.id}
          name={source.name}
          icon={<Clock aria-hidden />}
          about={moment(at)}
          onChoose={() => {
            onClose();
            go.to(here.path(`/sources/${source.id}/snapshots?at=${encodeURIComponent(at.toISOString())}`));
          }}
        />
      ))}
    </CommandGroup>
  );
}
