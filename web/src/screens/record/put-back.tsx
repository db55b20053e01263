"use client";

import { useT } from "@/lib/i18n";
import { useHere } from "@/lib/session";
import { Link } from "@/platform/router";
import { pathOfRestore } from "@/screens/restores/asked";
import "@/messages/en/record";

type Of = { source: string; snapshot: string; stream: string; recordKey: string; field: string };

/** Leads to the plan of giving one field of a record back as it was in this snapshot; the rest of the record stays as it is. */
export function PutBack({ source, snapshot, stream, recordKey, field }: Of) {
  const t = useT();
  const here = useHere();
  if (!here.may("restores:plan")) return null;
  return (
    <Link
      className="inline-flex min-h-6 items-center text-xs text-accent hover:underline"
      aria-label={t("record.restore.field.of", { field })}
      href={here.path(pathOfRestore({ source, snapshot, keys: { [stream]: [recordKey] }, fields: [field] }))}
    >
      {t("record.restore.field")}
    </Link>
  );
}
