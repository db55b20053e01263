"use client";

import { ChevronRight, Search } from "lucide-react";
import { useMemo, useState } from "react";
import { type Shape, useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { useHere } from "@/lib/session";
import { Badge } from "@/ui/badge";
import { TextField } from "@/ui/field";
import { Skeleton } from "@/ui/skeleton";
import { Empty, Shown } from "@/ui/states";
import "@/messages/en/connections";

type Platform = Shape["Platform"];

/** Every platform, searched by its name and by what it holds; those that this account may not connect say so. */
export function PlatformPicker({ onPick }: { onPick: (platform: Platform) => void }) {
  const t = useT();
  const api = useApi();
  const here = useHere();
  const [said, setSaid] = useState("");
  const platforms = api.use.useQuery("get", "/v2/platforms", { params: { query: { limit: 500 } } });
  const integrations = api.use.useQuery(
    "get",
    "/v2/integrations",
    { params: { query: { limit: 500 } } },
    { enabled: here.may("integrations:read") },
  );
  const off = useMemo(
    () => new Set(integrations.data?.items.filter((one) => !one.enabled || !one.allowed || !one.available).map((one) => one.platform)),
    [integrations.data],
  );
  return (
    <div className="grid gap-4">
      <div className="relative">
        <Search aria-hidden className="pointer-events-none absolute top-8.5 left-3 size-4 text-muted" />
        <TextField
          label={t("connections.picker.search")}
          placeholder={t("connections.picker.hint")}
          type="search"
          autoComplete="off"
          className="pl-9"
          value={said}
          onChange={(event) => setSaid(event.target.value)}
        />
      </div>
      <Shown query={platforms} skeleton={<Waiting />}>
        {(data) => <Found platforms={data.items} said={said} off={off} onPick={onPick} />}
      </Shown>
    </div>
  );
}

function Found({
  platforms,
  said,
  off,
  onPick,
}: {
  platforms: readonly Platform[];
  said: string;
  off: ReadonlySet<string>;
  onPick: (platform: Platform) => void;
}) {
  const t = useT();
  const found = platforms.filter((platform) => fits(platform, said));
  return (
    <>
      <p aria-live="polite" className="sr-only">
        {t("connections.picker.count", { count: found.length })}
      </p>
      {found.length === 0 ? (
        <Empty title={t("connections.picker.none.title", { query: said })}>{t("connections.picker.none.text")}</Empty>
      ) : (
        <ul className="grid gap-2 sm:grid-cols-2">
          {found.map((platform) => (
            <li key={platform.name}>
              <Choice platform={platform} said={said} isOff={off.has(platform.name)} onPick={() => onPick(platform)} />
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function Choice({ platform, said, isOff, onPick }: { platform: Platform; said: string; isOff: boolean; onPick: () => void }) {
  const t = useT();
  const streams = platform.streams ?? [];
  const back = streams.filter((stream) => stream.restore.create || stream.restore.update).length;
  return (
    <button
      type="button"
      disabled={isOff}
      onClick={onPick}
      className="group flex h-full w-full items-center gap-3 rounded-lg border border-line bg-surface px-3.5 py-3 text-left hover:border-line-strong disabled:hover:border-line"
    >
      <Initials label={platform.label} />
      <span className="min-w-0 flex-1">
        <span className="flex flex-wrap items-center gap-2 text-sm font-medium">
          {platform.label}
          {isOff && <Badge>{t("connections.picker.off")}</Badge>}
        </span>
        <span className="block text-[13px] text-muted">
          {streams.length === 0
            ? t("connections.picker.described")
            : `${t("connections.picker.streams", { count: streams.length })} · ${t("connections.picker.restorable", { count: back })}`}
        </span>
        {streams.length > 0 && <span className="line-clamp-1 text-[13px] text-muted">{named(platform, said)}</span>}
      </span>
      {!isOff && <ChevronRight aria-hidden className="size-4 shrink-0 text-muted group-hover:text-ink" />}
    </button>
  );
}

/** The first letters of a platform: we carry no logos of others. */
export function Initials({ label }: { label: string }) {
  const letters = label
    .split(/\s+/)
    .map((word) => word[0])
    .join("")
    .slice(0, 2);
  return (
    <span
      aria-hidden
      className="grid size-9 shrink-0 place-items-center rounded-md bg-accent-soft text-[13px] font-semibold text-accent uppercase"
    >
      {letters}
    </span>
  );
}

function fits(platform: Platform, said: string): boolean {
  const wanted = said.trim().toLowerCase();
  if (!wanted) return true;
  const words = [platform.name, platform.label, ...(platform.streams ?? []).map((stream) => stream.label)].join(" ").toLowerCase();
  return wanted.split(/\s+/).every((word) => words.includes(word));
}

/** The streams' names, those that were searched for first. */
function named(platform: Platform, said: string): string {
  const wanted = said.trim().toLowerCase();
  const labels = (platform.streams ?? []).map((stream) => stream.label);
  const hit = (label: string) => wanted !== "" && label.toLowerCase().includes(wanted);
  return [...labels.filter(hit), ...labels.filter((label) => !hit(label))].join(", ");
}

const Waiting = () => (
  <div aria-hidden className="grid gap-2 sm:grid-cols-2">
    {["a", "b", "c", "d"].map((place) => (
      <Skeleton key={place} className="h-21" />
    ))}
  </div>
);
