"use client";

import { Ellipsis, FolderInput, Pause, Pencil, Play, Plus, Settings2, Trash2 } from "lucide-react";
import dynamic from "next/dynamic";
import { type ReactNode, useCallback, useState } from "react";
import { type Shape, useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { useHere } from "@/lib/session";
import { forgetAccounts } from "@/screens/accounts/queries";
import { useAct } from "@/ui/act";
import { Button } from "@/ui/button";
import { Menu, MenuItem, MenuLine, MenuLink } from "@/ui/menu";
import { tell } from "@/ui/toast";

const Dialogs = dynamic(() => import("@/screens/accounts/dialogs"), { ssr: false });

/** What an act is about. */
export type Subject = { id: string; name: string; state?: Shape["AccountState"]; parent?: string | null };
export type Act = "create" | "rename" | "move" | "suspend" | "delete";
export type Acts = { begin: (act: Act, subject: Subject) => void; resume: (subject: Subject) => Promise<void>; dialog: ReactNode };

/** What can be done to accounts, each act in a dialog of its own that is loaded when it is wanted. */
export function useActs(onGone?: () => void): Acts {
  const t = useT();
  const api = useApi();
  const { act } = useAct();
  const [open, setOpen] = useState<{ act: Act; subject: Subject } | null>(null);
  const close = useCallback(() => setOpen(null), []);
  const resume = act(async (subject: Subject) => {
    await api.call.POST("/v2/accounts/{account}/resume", { params: { path: { account: subject.id } } });
    forgetAccounts(api);
    void tell(t("accounts.resumed", { name: subject.name }));
  });
  return {
    begin: (act, subject) => setOpen({ act, subject }),
    resume,
    dialog: open && <Dialogs act={open.act} subject={open.subject} onClose={close} onGone={onGone} />,
  };
}

/** The acts on one account behind a button; those that one may not do are not there. */
export function ActsMenu({ subject, acts, isHere = false }: { subject: Subject; acts: Acts; isHere?: boolean }) {
  const t = useT();
  const here = useHere();
  const mayManage = here.may("accounts:manage");
  const mayEnd = here.may("accounts:delete");
  const isBelow = subject.id !== here.account.id;
  const mayJudge = (isBelow && mayManage) || (!isBelow && here.account.parent !== null);
  return (
    <Menu
      trigger={
        <Button
          kind={isHere ? "plain" : "quiet"}
          size={isHere ? "icon" : "icon-sm"}
          aria-label={t("accounts.acts", { name: subject.name })}
        >
          <Ellipsis aria-hidden />
        </Button>
      }
    >
      {!isHere && (
        <MenuLink href={here.path(`/accounts/${subject.id}`)}>
          <Settings2 aria-hidden />
          {t("accounts.settings")}
        </MenuLink>
      )}
      {mayManage && (
        <MenuItem onChoose={() => acts.begin("create", subject)}>
          <Plus aria-hidden />
          {t("accounts.create.below")}
        </MenuItem>
      )}
      {mayManage && (
        <MenuItem onChoose={() => acts.begin("rename", subject)}>
          <Pencil aria-hidden />
          {t("accounts.rename")}
        </MenuItem>
      )}
      {mayEnd && isBelow && (
        <MenuItem onChoose={() => acts.begin("move", subject)}>
          <FolderInput aria-hidden />
          {t("accounts.move")}
        </MenuItem>
      )}
      {mayJudge &&
        (subject.state === "suspended" ? (
          <MenuItem onChoose={() => void acts.resume(subject)}>
            <Play aria-hidden />
            {t("accounts.resume")}
          </MenuItem>
        ) : (
          <MenuItem onChoose={() => acts.begin("suspend", subject)}>
            <Pause aria-hidden />
            {t("accounts.suspend")}
          </MenuItem>
        ))}
      {mayEnd && (
        <>
          <MenuLine />
          <MenuItem isDanger onChoose={() => acts.begin("delete", subject)}>
            <Trash2 aria-hidden />
            {t("accounts.delete")}
          </MenuItem>
        </>
      )}
    </Menu>
  );
}
