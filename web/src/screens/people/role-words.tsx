"use client";

import { Check, Minus } from "lucide-react";
import { cn } from "@/lib/cn";
import { useT } from "@/lib/i18n";
import { GROUPS, type Permission, permissionWord } from "@/lib/permissions";

/** What permissions come to, in words: by subject, what one may and, quieter, what one may not. */
export function RoleWords({ permissions, isTight = false }: { permissions: readonly Permission[]; isTight?: boolean }) {
  const t = useT();
  const has = new Set(permissions);
  const groups = GROUPS.filter((group) => group.name !== "permissions.group.system" || has.has("system:operate"));
  return (
    <div className={cn("grid gap-x-8 gap-y-4", isTight ? "sm:grid-cols-2" : "sm:grid-cols-2 xl:grid-cols-3")}>
      {groups.map((group) => (
        <section key={group.name}>
          <h4 className="mb-1 text-[13px] font-medium">{t(group.name)}</h4>
          <ul className="grid gap-0.5">
            {group.permissions.map((permission) => (
              <li key={permission} className={cn("flex items-start gap-1.5 text-[13px]", has.has(permission) ? "text-ink" : "text-muted")}>
                {has.has(permission) ? (
                  <Check aria-hidden className="mt-0.5 size-3.5 shrink-0 text-good" />
                ) : (
                  <Minus aria-hidden className="mt-0.5 size-3.5 shrink-0" />
                )}
                <span>
                  <span className="sr-only">{t(has.has(permission) ? "permissions.may" : "permissions.may_not")}: </span>
                  {t(permissionWord(permission))}
                </span>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}
