"use client";

import { useT } from "@/lib/i18n";
import { GROUPS, type Permission, permissionWord } from "@/lib/permissions";
import { Check } from "@/ui/field";

/** Permissions to be ticked, by subject; only those of `offered`, for nobody gives what they lack. */
export function PermissionPicker({
  label,
  offered,
  value,
  onChange,
  error,
}: {
  label: string;
  offered: readonly Permission[];
  value: readonly Permission[];
  onChange: (value: Permission[]) => void;
  error?: string | null;
}) {
  const t = useT();
  const toggle = (permission: Permission, isOn: boolean) =>
    onChange(isOn ? [...value, permission] : value.filter((one) => one !== permission));
  return (
    <fieldset>
      <legend className="mb-2 text-sm font-medium">{label}</legend>
      {error && (
        <p role="alert" className="mb-2 text-[13px] text-bad">
          {error}
        </p>
      )}
      <div className="grid gap-x-6 gap-y-4 sm:grid-cols-2">
        {GROUPS.map((group) => {
          const shown = group.permissions.filter((one) => offered.includes(one) || value.includes(one));
          if (shown.length === 0) return null;
          return (
            <fieldset key={group.name} className="grid content-start gap-1.5">
              <legend className="mb-1 text-[13px] text-muted">{t(group.name)}</legend>
              {shown.map((permission) => (
                <Check
                  key={permission}
                  label={t(permissionWord(permission))}
                  checked={value.includes(permission)}
                  onChange={(event) => toggle(permission, event.target.checked)}
                />
              ))}
            </fieldset>
          );
        })}
      </div>
    </fieldset>
  );
}
