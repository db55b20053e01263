"use client";

import { useState } from "react";
import { useT } from "@/lib/i18n";
import { TextField } from "@/ui/field";
import "@/messages/en/sources";

/** Words of people's own, apart by commas. */
export function TagField({ tags, onTags, error }: { tags: readonly string[]; onTags: (tags: string[]) => void; error?: string | null }) {
  const t = useT();
  const [said, setSaid] = useState(tags.join(", "));
  return (
    <TextField
      label={t("sources.form.tags")}
      hint={t("sources.form.tags.hint")}
      autoComplete="off"
      value={said}
      error={error}
      onChange={(event) => {
        setSaid(event.target.value);
        onTags([
          ...new Set(
            event.target.value
              .split(",")
              .map((word) => word.trim())
              .filter(Boolean),
          ),
        ]);
      }}
    />
  );
}
