"use client";

import dynamic from "next/dynamic";
import { useState } from "react";
import { useT } from "@/lib/i18n";
import type { Problem } from "@/lib/problem";
import { type ConfigField, type Given, saidOf } from "@/screens/connections/form-values";
import { Button } from "@/ui/button";
import { TextArea, TextField } from "@/ui/field";
import { Skeleton } from "@/ui/skeleton";

const Definition = dynamic(() => import("@/screens/connections/definition"), { ssr: false, loading: () => <Skeleton className="h-72" /> });

/** What a platform asks for, each with where it is found and what was refused of it. `isKept`: what is left empty stays as it is stored. */
export function Fields({
  fields,
  given,
  onGive,
  problem,
  isKept = false,
}: {
  fields: readonly ConfigField[];
  given: Given;
  onGive: (name: string, value: string) => void;
  problem: Problem | null;
  isKept?: boolean;
}) {
  const t = useT();
  return fields.map((field) =>
    field.name === "definition" ? (
      <Definition key={field.name} text={given.definition ?? ""} onText={(text) => onGive("definition", text)} problem={problem} />
    ) : (
      <One
        key={field.name}
        field={field}
        value={given[field.name] ?? ""}
        onValue={(value) => onGive(field.name, value)}
        error={saidOf(problem, field, fields, t("connections.form.refused"))}
        isKept={isKept}
      />
    ),
  );
}

type OneProps = { field: ConfigField; value: string; onValue: (value: string) => void; error: string | null; isKept: boolean };

function One({ field, value, onValue, error, isKept }: OneProps) {
  const t = useT();
  const isNeeded = field.required !== false && !field.default && !isKept;
  const hints = [field.help, field.secret && !isKept && t("connections.form.secret.hint"), isKept && t("connections.form.kept")];
  const said = {
    label:
      isNeeded || isKept ? (
        field.label
      ) : (
        <>
          {field.label} <span className="font-normal text-muted">({t("connections.form.optional")})</span>
        </>
      ),
    hint: hints.filter(Boolean).join(" · ") || undefined,
    error,
    value,
    required: isNeeded,
    placeholder: field.default ?? undefined,
    autoComplete: "off",
    spellCheck: false,
  };
  if (field.secret && isLong(field)) return <TextArea {...said} className="font-mono" onChange={(event) => onValue(event.target.value)} />;
  if (field.secret) return <SecretField {...said} onValue={onValue} />;
  return <TextField {...said} onChange={(event) => onValue(event.target.value)} inputMode={field.name === "url" ? "url" : undefined} />;
}

const isLong = (field: ConfigField) => /private.?key|certificate|service.?account|json/i.test(`${field.name} ${field.label}`);

function SecretField({ onValue, ...said }: Omit<Parameters<typeof TextField>[0], "onChange"> & { onValue: (value: string) => void }) {
  const t = useT();
  const [isOpen, setOpen] = useState(false);
  return (
    <div className="relative">
      <TextField
        {...said}
        type={isOpen ? "text" : "password"}
        autoComplete="new-password"
        className="pr-20 font-mono"
        onChange={(event) => onValue(event.target.value)}
      />
      <Button kind="quiet" size="sm" aria-pressed={isOpen} className="absolute top-7.5 right-1" onClick={() => setOpen(!isOpen)}>
        {isOpen ? t("connections.form.hide") : t("connections.form.reveal")}
      </Button>
    </div>
  );
}
