"use client";

import { useId } from "react";
import { type Key, useT } from "@/lib/i18n";
import { Check, Select } from "@/ui/field";

export type Choice = { value: string; name: string };

/** Whether everything is allowed that is allowed above, or only what is ticked. */
export function AllowedList({
  label,
  inherit,
  choices,
  value,
  onChange,
  error,
}: {
  label: string;
  inherit: Key;
  choices: readonly Choice[];
  value: readonly string[] | null;
  onChange: (value: string[] | null) => void;
  error: string | null;
}) {
  const t = useT();
  const id = useId();
  // what was said once and is no choice any more is still shown, so that it can be taken away
  const unknown = (value ?? []).filter((name) => !choices.some((choice) => choice.value === name)).map((name) => ({ value: name, name }));
  const toggle = (name: string, isOn: boolean) => onChange(isOn ? [...(value ?? []), name] : (value ?? []).filter((one) => one !== name));
  return (
    <div className="grid gap-2">
      <Select
        label={label}
        value={value === null ? "" : "these"}
        onChange={(event) => onChange(event.target.value === "" ? null : [])}
        error={error}
      >
        <option value="">{t(inherit)}</option>
        <option value="these">{t("accounts.policy.only")}</option>
      </Select>
      {value !== null && (
        <fieldset aria-label={label} className="grid max-h-56 gap-1.5 overflow-y-auto rounded-md border border-line p-3 sm:grid-cols-2">
          {[...choices, ...unknown].map((choice) => (
            <Check
              key={choice.value}
              id={`${id}-${choice.value}`}
              label={choice.name}
              checked={value.includes(choice.value)}
              onChange={(event) => toggle(choice.value, event.target.checked)}
            />
          ))}
        </fieldset>
      )}
    </div>
  );
}
