"use client";

import { Ban, Ellipsis, Eye, RefreshCw } from "lucide-react";
import { day } from "@/lib/format";
import { type Key, useT } from "@/lib/i18n";
import { permissionWord } from "@/lib/permissions";
import type { KeyAct, KeyShown } from "@/screens/api-keys/api-keys";
import { Badge, type Tone } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Menu, MenuItem } from "@/ui/menu";
import { Td, Tr } from "@/ui/table";
import { Ago, Moment } from "@/ui/time";

const SOON = 14 * 86_400_000;

/** Whether it opens nothing any more. */
export const isOver = (key: KeyShown) => key.revoked_at !== null || Date.parse(key.expires_at) < Date.now();

function standing(key: KeyShown): [Tone, Key] | null {
  if (key.revoked_at) return ["plain", "keys.state.revoked"];
  const left = Date.parse(key.expires_at) - Date.now();
  if (left < 0) return ["plain", "keys.state.expired"];
  return left < SOON ? ["warn", "keys.state.soon"] : null;
}

/** One key of the list. */
export function KeyRow({ one, onAct }: { one: KeyShown; onAct: (act: KeyAct) => void }) {
  const t = useT();
  const state = standing(one);
  const first = one.scopes[0];
  return (
    <Tr>
      <Td className="min-w-40">
        <p className="flex flex-wrap items-center gap-2 font-medium">
          {one.name}
          {state && <Badge tone={state[0]}>{t(state[1])}</Badge>}
        </p>
        <p className="text-[13px] text-muted">
          {t("keys.made")} {day(one.created_at)} · {t(one.reach === "branch" ? "keys.reach.branch" : "keys.reach.account")}
        </p>
        {one.old_until && Date.parse(one.old_until) > Date.now() && !isOver(one) && (
          <p className="text-[13px] text-warn">
            {t("keys.state.old")} <Moment at={one.old_until} />
          </p>
        )}
      </Td>
      <Td className="hidden md:table-cell">
        <button type="button" onClick={() => onAct("details")} className="min-h-6 text-left hover:underline">
          {one.scopes.length === 1 && first ? t(permissionWord(first)) : t("keys.scopes.more", { count: one.scopes.length })}
        </button>
      </Td>
      <Td>{one.used_at ? <Ago at={one.used_at} /> : <span className="text-muted">{t("keys.never")}</span>}</Td>
      <Td className="hidden whitespace-nowrap sm:table-cell">{day(one.expires_at)}</Td>
      <Td className="w-0">
        <Menu
          trigger={
            <Button kind="quiet" size="icon-sm" aria-label={t("keys.acts", { name: one.name })}>
              <Ellipsis aria-hidden />
            </Button>
          }
        >
          <MenuItem onChoose={() => onAct("details")}>
            <Eye aria-hidden />
            {t("keys.details")}
          </MenuItem>
          {!isOver(one) && (
            <>
              <MenuItem onChoose={() => onAct("rotate")}>
                <RefreshCw aria-hidden />
                {t("keys.rotate")}
              </MenuItem>
              <MenuItem isDanger onChoose={() => onAct("revoke")}>
                <Ban aria-hidden />
                {t("keys.revoke")}
              </MenuItem>
            </>
          )}
        </Menu>
      </Td>
    </Tr>
  );
}
