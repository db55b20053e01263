"use client";

import { type ReactNode, useState } from "react";
import { count, moment } from "@/lib/format";
import { useT } from "@/lib/i18n";
import { isInstant, type Json } from "@/screens/snapshots/values";
import "@/messages/en/record";

const LONG = 600;

/** A value so that people can read it. What was stored is text here and nothing else: it makes no markup, no links, no pictures. */
export function Value({ value, isBare = false }: { value: Json | undefined; isBare?: boolean }): ReactNode {
  const t = useT();
  if (value === undefined) return <span className="text-muted italic">{t("record.absent")}</span>;
  if (value === null) return <span className="text-muted">null</span>;
  if (value === "") return <span className="text-muted italic">{t("record.empty")}</span>;
  if (typeof value === "boolean") return <span>{value ? t("record.yes") : t("record.no")}</span>;
  if (typeof value === "number") return <span className="tabular-nums">{String(value)}</span>;
  if (typeof value === "string") return <Text text={value} isBare={isBare} />;
  const entries = Array.isArray(value) ? value.map((one, index) => [String(index + 1), one] as const) : Object.entries(value);
  if (entries.length === 0)
    return <span className="text-muted italic">{Array.isArray(value) ? t("record.list.empty") : t("record.empty")}</span>;
  if (Array.isArray(value) && value.every((one) => typeof one !== "object")) return <span>{value.map(String).join(", ")}</span>;
  return (
    <dl className="grid gap-1 border-l border-line pl-3">
      {entries.map(([name, one]) => (
        <div key={name} className="flex flex-wrap gap-x-3">
          <dt className="text-muted">{name}</dt>
          <dd className="min-w-0">
            <Value value={one} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Text({ text, isBare }: { text: string; isBare: boolean }) {
  const t = useT();
  const [isWhole, setWhole] = useState(false);
  const isLong = text.length > LONG;
  return (
    <span className="whitespace-pre-wrap">
      {isLong && !isWhole ? `${text.slice(0, LONG)}… ` : text}
      {isLong && (
        <button type="button" className="ml-1 min-h-6.5 text-accent underline" onClick={() => setWhole(!isWhole)}>
          {isWhole ? t("record.less") : t("record.whole", { count: count(text.length) })}
        </button>
      )}
      {!isBare && isInstant(text) && <span className="ml-2 text-muted">{moment(text)}</span>}
    </span>
  );
}

/** Before and after of some fields; `act` stands beside what may be done with one. */
export function Differences({
  all,
  act,
}: {
  all: readonly { path: string; before: Json | undefined; after: Json | undefined }[];
  act?: (path: string) => ReactNode;
}) {
  const t = useT();
  return (
    <ul className="grid gap-2 text-[13px]">
      {all.map(({ path, before, after }) => (
        <li key={path} className="grid gap-x-3 gap-y-0.5 sm:grid-cols-[minmax(7rem,11rem)_minmax(0,1fr)_minmax(0,1fr)]">
          <div className="flex flex-wrap items-baseline gap-x-2">
            <code className="font-mono text-xs leading-5 text-muted">{path || t("record.whole.record")}</code>
            {path && before !== undefined && act?.(path)}
          </div>
          <div className="min-w-0 rounded bg-bad-soft px-2 py-0.5 text-bad">
            <span className="sr-only">{t("record.before")} </span>
            <Value value={before} isBare />
          </div>
          <div className="min-w-0 rounded bg-good-soft px-2 py-0.5 text-good">
            <span className="sr-only">{t("record.after")} </span>
            <Value value={after} isBare />
          </div>
        </li>
      ))}
    </ul>
  );
}
