"use client";

import { Plus, X } from "lucide-react";
import { useState } from "react";
import type { Shape } from "@/lib/api";
import { type Key, useT } from "@/lib/i18n";
import { Button } from "@/ui/button";
import { Select, TextField } from "@/ui/field";
import "@/messages/en/sources";

export type Filters = Record<string, Shape["FilterAsked"][]>;
/** Which streams are backed up (null: all, later ones too), and which of their records. */
export type Choice = { streams: readonly string[] | null; filters: Filters };
type Offered = { name: string; label: string };

const OPS: readonly [Shape["FilterOp"], Key][] = [
  ["=", "sources.op.eq"],
  ["!=", "sources.op.ne"],
  [">", "sources.op.gt"],
  ["<", "sources.op.lt"],
  ["~", "sources.op.has"],
  ["present", "sources.op.present"],
];

/** Streams and, for each, conditions on its records. */
export function StreamChoice({
  offered,
  choice,
  onChoose,
}: {
  offered: readonly Offered[];
  choice: Choice;
  onChoose: (choice: Choice) => void;
}) {
  const t = useT();
  const isAll = choice.streams === null;
  const chosen = new Set(choice.streams ?? offered.map((stream) => stream.name));
  const toggle = (name: string) => {
    const next = offered.map((stream) => stream.name).filter((one) => (one === name ? !chosen.has(one) : chosen.has(one)));
    onChoose({ ...choice, streams: next });
  };
  return (
    <fieldset className="grid gap-2">
      <legend className="mb-1 text-sm font-medium">{t("sources.form.what")}</legend>
      <Radio label={t("sources.form.all")} isOn={isAll} onChoose={() => onChoose({ ...choice, streams: null })} />
      <Radio label={t("sources.form.some")} isOn={!isAll} onChoose={() => onChoose({ ...choice, streams: [...chosen] })} />
      <ul className="mt-1 divide-y divide-line rounded-md border border-line">
        {offered.map((stream) => (
          <Stream
            key={stream.name}
            stream={stream}
            isChosen={chosen.has(stream.name)}
            isFixed={isAll}
            onToggle={() => toggle(stream.name)}
            filters={choice.filters[stream.name] ?? []}
            onFilters={(filters) => onChoose({ ...choice, filters: { ...choice.filters, [stream.name]: filters } })}
          />
        ))}
      </ul>
    </fieldset>
  );
}

function Radio({ label, isOn, onChoose }: { label: string; isOn: boolean; onChoose: () => void }) {
  return (
    <label className="flex min-h-6 items-start gap-2 text-sm">
      <input type="radio" name="streams" className="mt-0.5 size-4.5 shrink-0 accent-accent" checked={isOn} onChange={onChoose} />
      {label}
    </label>
  );
}

type StreamProps = {
  stream: Offered;
  isChosen: boolean;
  isFixed: boolean;
  onToggle: () => void;
  filters: Shape["FilterAsked"][];
  onFilters: (filters: Shape["FilterAsked"][]) => void;
};

function Stream({ stream, isChosen, isFixed, onToggle, filters, onFilters }: StreamProps) {
  const t = useT();
  const [isOpen, setOpen] = useState(false);
  const count = filters.length > 0 ? t("sources.stream.filters.count", { count: filters.length }) : t("sources.stream.filters");
  return (
    <li className="px-3 py-1.5">
      <div className="flex flex-wrap items-center justify-between gap-x-3">
        <label className="flex min-h-7 items-center gap-2.5 text-sm">
          <input
            type="checkbox"
            className="size-4.5 accent-accent disabled:opacity-60"
            checked={isChosen}
            disabled={isFixed}
            onChange={onToggle}
          />
          {stream.label}
        </label>
        {isChosen && (
          <Button size="sm" kind="quiet" aria-expanded={isOpen} aria-label={`${stream.label}: ${count}`} onClick={() => setOpen(!isOpen)}>
            {count}
          </Button>
        )}
      </div>
      {isOpen && isChosen && <FilterList stream={stream} filters={filters} onFilters={onFilters} />}
    </li>
  );
}

function FilterList({ stream, filters, onFilters }: Pick<StreamProps, "stream" | "filters" | "onFilters">) {
  const t = useT();
  const change = (at: number, to: Partial<Shape["FilterAsked"]>) =>
    onFilters(filters.map((one, place) => (place === at ? { ...one, ...to } : one)));
  return (
    <fieldset className="grid gap-2 py-2 pl-7">
      <legend className="sr-only">{t("sources.stream.filters.of", { stream: stream.label })}</legend>
      <p className="text-[13px] text-muted">{t("sources.stream.filters.about")}</p>
      {filters.map((filter, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a condition is known by its place alone
        <div key={at} className="grid grid-cols-[minmax(0,1fr)_auto] gap-2 sm:grid-cols-[minmax(0,1fr)_9rem_minmax(0,1fr)_auto]">
          <TextField
            isLabelHidden
            label={t("sources.filter.field")}
            placeholder="status"
            spellCheck={false}
            required
            value={filter.field}
            onChange={(event) => change(at, { field: event.target.value })}
          />
          <Select
            isLabelHidden
            label={t("sources.filter.op")}
            value={filter.op}
            onChange={(event) => change(at, { op: event.target.value as Shape["FilterOp"] })}
          >
            {OPS.map(([op, name]) => (
              <option key={op} value={op}>
                {t(name)}
              </option>
            ))}
          </Select>
          {filter.op === "present" ? (
            <span />
          ) : (
            <TextField
              isLabelHidden
              label={t("sources.filter.value")}
              spellCheck={false}
              value={filter.value ?? ""}
              onChange={(event) => change(at, { value: event.target.value })}
            />
          )}
          <Button
            kind="quiet"
            size="icon"
            aria-label={t("sources.stream.filters.remove")}
            onClick={() => onFilters(filters.filter((_, place) => place !== at))}
          >
            <X aria-hidden />
          </Button>
        </div>
      ))}
      <Button size="sm" className="justify-self-start" onClick={() => onFilters([...filters, { field: "", op: "=", value: "" }])}>
        <Plus aria-hidden />
        {t("sources.stream.filters.add")}
      </Button>
    </fieldset>
  );
}

/** What is sent of a choice: conditions without a field are none. */
export function asked(choice: Choice): { streams: string[] | null; filters: Filters } {
  const filters = Object.fromEntries(
    Object.entries(choice.filters)
      .map(
        ([stream, list]) =>
          [stream, list.filter((one) => one.field.trim() !== "").map((one) => ({ ...one, field: one.field.trim() }))] as const,
      )
      .filter(([stream, list]) => list.length > 0 && (choice.streams === null || choice.streams.includes(stream))),
  );
  return { streams: choice.streams === null ? null : [...choice.streams], filters };
}
