"use client";

import { useState } from "react";
import { useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import type { Permission } from "@/lib/permissions";
import { useHere } from "@/lib/session";
import { useSetQuery } from "@/platform/router";
import { forgetPeople, type Role, versioned } from "@/screens/people/queries";
import { useAct } from "@/ui/act";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import { PermissionPicker } from "@/ui/permission-picker";
import { Refused } from "@/ui/refused";
import { tell } from "@/ui/toast";

const FORM = "role";

/** A role of the account: some of one's own permissions under a name. */
export default function RoleForm({ role, onClose }: { role: Role | null; onClose: () => void }) {
  const t = useT();
  const here = useHere();
  const api = useApi();
  const set = useSetQuery();
  const [name, setName] = useState(role?.name ?? "");
  const [permissions, setPermissions] = useState<Permission[]>([...(role?.permissions ?? [])]);
  const { isBusy, problem: wrong, submit } = useAct();
  const save = submit(async () => {
    const body = { name: name.trim(), permissions };
    const { data } = role
      ? await api.call.PATCH("/v2/roles/{role}", { params: { path: { role: role.id }, header: versioned(role.version) }, body })
      : await api.call.POST("/v2/roles", { body });
    forgetPeople(api);
    void tell(t("people.roles.saved", { name: body.name }));
    onClose();
    if (data) set({ role: data.id });
  });
  return (
    <Dialog
      isOpen
      onClose={onClose}
      width="lg"
      title={role ? t("people.roles.edit.title", { name: role.name }) : t("people.roles.new.title")}
      about={t(role ? "people.roles.edit.about" : "people.roles.new.about")}
      actions={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button kind="primary" type="submit" form={FORM} isBusy={isBusy}>
            {t("people.roles.save")}
          </Button>
        </>
      }
    >
      <form id={FORM} onSubmit={save} className="grid gap-5">
        <TextField
          autoFocus
          required
          maxLength={100}
          autoComplete="off"
          label={t("people.roles.name")}
          value={name}
          onChange={(event) => setName(event.target.value)}
          error={wrong?.of("/name")}
        />
        <PermissionPicker
          label={t("people.roles.permissions")}
          offered={here.account.permissions.filter((one) => one !== "system:operate")}
          value={permissions}
          onChange={setPermissions}
          error={wrong?.of("/permissions")}
        />
        <Refused problem={wrong} at={["/name", "/permissions"]} />
      </form>
    </Dialog>
  );
}
