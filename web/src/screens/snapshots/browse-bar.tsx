"use client";

import { RotateCcw, Search, X } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useT } from "@/lib/i18n";
import { useHere } from "@/lib/session";
import { useQuery } from "@/platform/params";
import { useGo, useSetQuery } from "@/platform/router";
import { pathOfRestore } from "@/screens/restores/asked";
import type { Snapshot } from "@/screens/snapshots/moments";
import { Button } from "@/ui/button";
import { Select, TextField } from "@/ui/field";
import { ColumnsMenu } from "@/ui/grid-columns";

type BarProps = {
  snapshot: Snapshot;
  stream: string;
  fields: readonly string[];
  columns: Parameters<typeof ColumnsMenu>[0];
  onJump?: (row: number) => void;
  total: number;
};

const OPERATORS = ["=", "!=", "~", ">", "<", "present"] as const;

/** The conditions of a filter as the API writes them, parted; and put together again. */
export const conditionsOf = (filter: string): string[] => (filter ? filter.split(/(?<!\\),/) : []);
const escaped = (value: string) => value.replaceAll(",", "\\,");

/** Which stream, what is looked for in it, and how it is laid out. */
export function BrowseBar({ snapshot, stream, fields, columns, onJump, total }: BarProps) {
  const t = useT();
  const query = useQuery();
  const setQuery = useSetQuery();
  const conditions = conditionsOf(query.get("filter") ?? "");
  const setConditions = (next: readonly string[]) => setQuery({ filter: next.join(",") || null });
  return (
    <div className="grid gap-2">
      <div className="flex flex-wrap items-end gap-2">
        <Select
          label={t("snapshots.stream")}
          isLabelHidden
          value={stream}
          onChange={(event) => setQuery({ stream: event.target.value, q: null, filter: null, sort: null })}
        >
          {snapshot.streams.map((one) => (
            <option key={one.name}>{one.name}</option>
          ))}
        </Select>
        <SearchField key={query.get("q") ?? ""} />
        <FilterForm fields={fields} onAdd={(condition) => setConditions([...conditions.filter((one) => one !== condition), condition])} />
        <span className="ml-auto flex gap-2">
          {onJump && total > 200 && <JumpForm total={total} onJump={onJump} />}
          <ColumnsMenu {...columns} />
        </span>
      </div>
      {conditions.length > 0 && (
        <ul aria-label={t("snapshots.conditions")} className="flex flex-wrap gap-1.5">
          {conditions.map((condition) => (
            <li key={condition} className="inline-flex items-center gap-1 rounded-md bg-accent-soft pl-2 text-[13px] text-accent">
              <code>{condition.replaceAll("\\,", ",")}</code>
              <button
                type="button"
                aria-label={t("snapshots.condition.drop", { condition })}
                className="grid size-6.5 place-items-center rounded hover:bg-surface"
                onClick={() => setConditions(conditions.filter((one) => one !== condition))}
              >
                <X aria-hidden className="size-3.5" />
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function SearchField() {
  const t = useT();
  const setQuery = useSetQuery();
  const [text, setText] = useState(useQuery().get("q") ?? "");
  const look = (event: FormEvent) => {
    event.preventDefault();
    setQuery({ q: text.trim() || null });
  };
  return (
    <search className="min-w-44 flex-1 sm:max-w-72">
      <form onSubmit={look} className="flex gap-1">
        <div className="min-w-0 flex-1">
          <TextField
            type="search"
            label={t("snapshots.search")}
            isLabelHidden
            placeholder={t("snapshots.search")}
            value={text}
            onChange={(event) => {
              setText(event.target.value);
              if (!event.target.value) setQuery({ q: null });
            }}
            maxLength={500}
          />
        </div>
        <Button size="icon" type="submit" aria-label={t("snapshots.search.go")}>
          <Search aria-hidden />
        </Button>
      </form>
    </search>
  );
}

function FilterForm({ fields, onAdd }: { fields: readonly string[]; onAdd: (condition: string) => void }) {
  const t = useT();
  const [field, setField] = useState("");
  const [operator, setOperator] = useState<(typeof OPERATORS)[number]>("=");
  const [value, setValue] = useState("");
  const add = (event: FormEvent) => {
    event.preventDefault();
    if (!field) return;
    onAdd(operator === "present" ? field : `${field}${operator}${escaped(value)}`);
    setField("");
    setValue("");
  };
  return (
    <form onSubmit={add} aria-label={t("snapshots.filter")} className="flex flex-wrap gap-1">
      <Select
        label={t("snapshots.filter.field")}
        isLabelHidden
        value={field}
        onChange={(event) => setField(event.target.value)}
        className="max-w-40"
      >
        <option value="">{t("snapshots.filter")}</option>
        {fields.map((one) => (
          <option key={one}>{one}</option>
        ))}
      </Select>
      {field && (
        <>
          <Select
            label={t("snapshots.filter.operator")}
            isLabelHidden
            value={operator}
            onChange={(event) => setOperator(event.target.value as typeof operator)}
          >
            {OPERATORS.map((one) => (
              <option key={one} value={one}>
                {t(
                  `snapshots.op.${one === "=" ? "is" : one === "!=" ? "not" : one === "~" ? "has" : one === ">" ? "more" : one === "<" ? "less" : "present"}`,
                )}
              </option>
            ))}
          </Select>
          {operator !== "present" && (
            <TextField
              label={t("snapshots.filter.value")}
              isLabelHidden
              placeholder={t("snapshots.filter.value")}
              value={value}
              onChange={(event) => setValue(event.target.value)}
              className="max-w-36"
            />
          )}
          <Button type="submit">{t("snapshots.filter.add")}</Button>
        </>
      )}
    </form>
  );
}

function JumpForm({ total, onJump }: { total: number; onJump: (row: number) => void }) {
  const t = useT();
  const [row, setRow] = useState("");
  const jump = (event: FormEvent) => {
    event.preventDefault();
    const wanted = Number(row);
    if (wanted >= 1) onJump(Math.min(wanted, total) - 1);
  };
  return (
    <form onSubmit={jump}>
      <TextField
        type="number"
        min={1}
        max={total}
        inputMode="numeric"
        label={t("snapshots.jump")}
        isLabelHidden
        placeholder={t("snapshots.jump")}
        value={row}
        onChange={(event) => setRow(event.target.value)}
        className="max-w-32"
      />
    </form>
  );
}

/** What can be done with the records that were chosen. */
export function ChosenBar({
  source,
  snapshot,
  stream,
  keys,
  onClear,
}: {
  source: string;
  snapshot: string;
  stream: string;
  keys: readonly string[];
  onClear: () => void;
}) {
  const t = useT();
  const here = useHere();
  const go = useGo();
  return (
    <section
      aria-label={t("snapshots.chosen")}
      className="sticky bottom-3 z-20 mx-auto flex flex-wrap items-center gap-3 rounded-lg border border-line bg-surface px-4 py-2 shadow-lift"
    >
      <p role="status" className="text-sm tabular-nums">
        {t("snapshots.chosen.count", { count: keys.length })}
      </p>
      <Button onClick={() => go.to(here.path(pathOfRestore({ source, snapshot, keys: { [stream]: keys } })))}>
        <RotateCcw aria-hidden />
        {t("snapshots.chosen.restore")}
      </Button>
      <Button kind="quiet" onClick={onClear}>
        {t("snapshots.chosen.clear")}
      </Button>
    </section>
  );
}
