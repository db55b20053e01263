"use client";

import { useState } from "react";
import { type Shape, useApi } from "@/lib/api";
import { commandOf, curlOf } from "@/lib/commands";
import { count, moment } from "@/lib/format";
import { useT } from "@/lib/i18n";
import { useSources } from "@/lib/listings";
import { useQuery } from "@/platform/params";
import { useSetQuery } from "@/platform/router";
import { useSnapshots } from "@/screens/snapshots/moments";
import { useAct } from "@/ui/act";
import { Button } from "@/ui/button";
import { CopyAs } from "@/ui/copy-as";
import { Dialog } from "@/ui/dialog";
import { Check, Select, TextField } from "@/ui/field";
import { Refused } from "@/ui/refused";
import { tell } from "@/ui/toast";
import "@/messages/en/exports";

const FORMATS = ["jsonl", "csv", "xlsx", "parquet"] as const;
const KEPT = ["P1D", "P7D", "P30D"] as const;

const namesIn = (text: string) =>
  text
    .split(",")
    .map((name) => name.trim())
    .filter(Boolean);

/** What is to be written into files, and how. */
export default function NewExport({ onClose }: { onClose: () => void }) {
  const t = useT();
  const query = useQuery();
  const setQuery = useSetQuery();
  const { call, cache } = useApi();
  const sources = useSources();
  const source = query.get("source") ?? sources.data?.items[0]?.id ?? null;
  const snapshots = useSnapshots(source);
  const snapshot = snapshots.data?.find((one) => one.id === query.get("snapshot")) ?? snapshots.data?.at(-1);
  const [streams, setStreams] = useState<readonly string[]>(() => query.getAll("stream"));
  const [format, setFormat] = useState<Shape["ExportFormat"]>("csv");
  const [isRaw, setRaw] = useState(false);
  const [fields, setFields] = useState("");
  const [filter, setFilter] = useState("");
  const [withFiles, setWithFiles] = useState(false);
  const [keepFor, setKeepFor] = useState<string>("P7D");
  const { isBusy, problem, submit } = useAct();
  const chosen = streams.filter((name) => snapshot?.streams.some((one) => one.name === name));
  const toggle = (name: string) => setStreams(chosen.includes(name) ? chosen.filter((one) => one !== name) : [...chosen, name]);
  const isTable = format !== "jsonl" && format !== "parquet";
  const body = snapshot && {
    snapshot: snapshot.id,
    format,
    streams: chosen.length > 0 ? [...chosen] : null,
    fields: namesIn(fields),
    filter: filter.trim() || null,
    attachments: withFiles,
    raw_cells: isTable && isRaw,
    keep_for: keepFor,
  };
  const name = sources.data?.items.find((one) => one.id === source)?.name;
  const command = () =>
    commandOf(["export", `${name}@${snapshot?.number}`], {
      format,
      stream: chosen,
      fields: namesIn(fields).join(","),
      filter: filter.trim(),
      files: withFiles,
      "raw-cells": isTable && isRaw,
      to: "export",
    });
  const begin = submit(async () => {
    if (!body) return;
    await call.POST("/v2/exports", { params: { header: { "Idempotency-Key": crypto.randomUUID() } }, body });
    await cache.invalidateQueries({ queryKey: ["get", "/v2/exports"] });
    void tell(t("exports.begun"));
    onClose();
  });
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={t("exports.new")}
      about={t("exports.new.about")}
      actions={
        <Button kind="primary" disabled={!snapshot} isBusy={isBusy} onClick={() => void begin()}>
          {t("exports.go")}
        </Button>
      }
    >
      <div className="grid gap-4">
        <div className="grid gap-3 sm:grid-cols-2">
          <Select
            label={t("exports.source")}
            value={source ?? ""}
            onChange={(event) => setQuery({ source: event.target.value, snapshot: null, stream: null })}
          >
            {sources.data?.items.map((one) => (
              <option key={one.id} value={one.id}>
                {one.name}
              </option>
            ))}
          </Select>
          <Select label={t("exports.asof")} value={snapshot?.id ?? ""} onChange={(event) => setQuery({ snapshot: event.target.value })}>
            {snapshots.data?.toReversed().map((one) => (
              <option key={one.id} value={one.id}>
                {moment(one.at)} · {one.number}
              </option>
            ))}
          </Select>
        </div>
        <fieldset className="grid gap-1.5">
          <legend className="mb-1 text-sm font-medium">{t("exports.format")}</legend>
          {FORMATS.map((one) => (
            <Check
              key={one}
              type="radio"
              name="format"
              label={t(`exports.format.${one}`)}
              hint={t(`exports.format.${one}.about`)}
              checked={format === one}
              onChange={() => setFormat(one)}
            />
          ))}
        </fieldset>
        <fieldset className="grid gap-1.5">
          <legend className="mb-1 text-sm font-medium">{t("exports.streams")}</legend>
          {snapshot?.streams.map((one) => (
            <Check
              key={one.name}
              label={`${one.name} (${count(one.records)})`}
              checked={chosen.includes(one.name)}
              onChange={() => toggle(one.name)}
            />
          ))}
          <p className="text-[13px] text-muted">{t("exports.streams.about")}</p>
        </fieldset>
        <div className="grid gap-3 sm:grid-cols-2">
          <TextField
            label={t("exports.fields")}
            hint={t("exports.fields.about")}
            error={problem?.of("/fields")}
            value={fields}
            onChange={(event) => setFields(event.target.value)}
          />
          <TextField
            label={t("exports.filter")}
            hint={t("exports.filter.about")}
            error={problem?.of("/filter")}
            value={filter}
            onChange={(event) => setFilter(event.target.value)}
          />
        </div>
        <Check
          label={t("exports.files")}
          hint={t("exports.files.about")}
          checked={withFiles}
          onChange={(event) => setWithFiles(event.target.checked)}
        />
        {isTable && (
          <Check
            label={t("exports.raw")}
            hint={t("exports.raw.about")}
            checked={isRaw}
            onChange={(event) => setRaw(event.target.checked)}
          />
        )}
        <Select label={t("exports.keep")} value={keepFor} onChange={(event) => setKeepFor(event.target.value)}>
          {KEPT.map((one) => (
            <option key={one} value={one}>
              {t(`exports.keep.${one}`)}
            </option>
          ))}
        </Select>
        <Refused problem={problem} at={["/filter", "/fields"]} />
        {body && name && <CopyAs command={command()} curl={curlOf("/v2/exports", body)} />}
      </div>
    </Dialog>
  );
}
