"use client";

import { useT } from "@/lib/i18n";
import { CopyButton } from "@/ui/copy";

/** What a form is about to do, for a shell: as a command where there is one for it, and as the request by curl. */
export function CopyAs({ command, curl }: { command: string | null; curl: string }) {
  const t = useT();
  return (
    <p className="flex flex-wrap items-center gap-2 text-[13px] text-muted">
      {t("common.copy.as")}
      {command && <CopyButton text={command} label={t("common.copy.command")} />}
      <CopyButton text={curl} label="curl" />
    </p>
  );
}
