"use client";

import { useState } from "react";
import { useQuery } from "@/platform/params";
import { useSetQuery } from "@/platform/router";
import { Button } from "@/ui/button";
import { TextField } from "@/ui/field";

const EARLIEST = 1990; // the year of an instant that is meant; an earlier one is a year that is being typed, digit by digit
const two = (value: number) => String(value).padStart(2, "0");

/** The instant as a field of the browser shows it: in the reader's own time zone. */
function local(at: string | null): string {
  const date = at ? new Date(at) : null;
  if (!date || Number.isNaN(date.getTime())) return "";
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** The moment that everything on a screen is shown as of (`?at=`); empty means now. */
export function AsOfField({ label, now }: { label: string; now: string }) {
  const at = useQuery().get("at");
  const setQuery = useSetQuery();
  const [typed, setTyped] = useState<string | null>(null);
  const take = (text: string) => {
    setTyped(text);
    const instant = text ? new Date(text) : null;
    if (!instant) setQuery({ at: null });
    else if (instant.getFullYear() >= EARLIEST) setQuery({ at: instant.toISOString() });
  };
  return (
    <div className="flex items-end gap-1">
      <TextField
        label={label}
        type="datetime-local"
        value={typed ?? local(at)}
        onChange={(event) => take(event.target.value)}
        onBlur={() => setTyped(null)}
      />
      {at && (
        <Button kind="quiet" onClick={() => setQuery({ at: null })}>
          {now}
        </Button>
      )}
    </div>
  );
}
