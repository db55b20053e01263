"use client";

import { Eye, EyeOff } from "lucide-react";
import { useState } from "react";
import { useT } from "@/lib/i18n";
import { Button } from "@/ui/button";
import { TextField } from "@/ui/field";

/** A password that is chosen now: typed once and looked at, rather than typed twice. `user` lets password managers file it. */
export function NewPassword({
  value,
  onChange,
  error,
  user,
  label,
}: {
  value: string;
  onChange: (value: string) => void;
  error: string | null;
  user?: string;
  label?: string;
}) {
  const t = useT();
  const [isShown, setShown] = useState(false);
  return (
    <div className="relative">
      {user !== undefined && <input type="email" name="email" autoComplete="username" value={user} readOnly hidden />}
      <TextField
        label={label ?? t("entry.newpassword")}
        hint={t("entry.newpassword.hint")}
        type={isShown ? "text" : "password"}
        required
        autoComplete="new-password"
        spellCheck={false}
        className="pr-10"
        value={value}
        error={error}
        onChange={(event) => onChange(event.target.value)}
      />
      <Button
        size="icon-sm"
        kind="quiet"
        className="absolute top-[1.9rem] right-1"
        aria-pressed={isShown}
        aria-label={t("entry.newpassword.show")}
        onClick={() => setShown(!isShown)}
      >
        {isShown ? <EyeOff aria-hidden /> : <Eye aria-hidden />}
      </Button>
    </div>
  );
}
