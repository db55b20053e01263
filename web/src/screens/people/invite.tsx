"use client";

import { useState } from "react";
import { useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { roleAbout, roleName } from "@/lib/permissions";
import { useHere } from "@/lib/session";
import { forgetPeople, useRoles } from "@/screens/people/queries";
import { RoleWords } from "@/screens/people/role-words";
import { useAct } from "@/ui/act";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Select, TextField } from "@/ui/field";
import { Refused } from "@/ui/refused";
import { tell } from "@/ui/toast";

const FORM = "invite";

/** Whom to invite and as what, with what that lets them do. */
export default function Invite({ onClose }: { onClose: () => void }) {
  const t = useT();
  const here = useHere();
  const api = useApi();
  const roles = useRoles().data ?? [];
  const [email, setEmail] = useState("");
  const [role, setRole] = useState("viewer");
  const { isBusy, problem: wrong, submit } = useAct();
  const chosen = roles.find((one) => one.id === role);
  const about = roleAbout(role);
  const send = submit(async () => {
    await api.call.POST("/v2/accounts/{account}/invitations", {
      params: { path: { account: here.account.id } },
      body: { email: email.trim(), role },
    });
    forgetPeople(api);
    void tell(t("people.invited", { email: email.trim() }));
    onClose();
  });
  return (
    <Dialog
      isOpen
      onClose={onClose}
      width="lg"
      title={t("people.invite.title")}
      about={t("people.invite.about")}
      actions={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button kind="primary" type="submit" form={FORM} isBusy={isBusy}>
            {t("people.invite.go")}
          </Button>
        </>
      }
    >
      <form id={FORM} onSubmit={send} className="grid gap-4">
        <div className="grid gap-4 sm:grid-cols-2">
          <TextField
            autoFocus
            required
            type="email"
            maxLength={320}
            autoComplete="off"
            label={t("people.invite.email")}
            value={email}
            onChange={(event) => setEmail(event.target.value)}
            error={wrong?.of("/email")}
          />
          <Select
            label={t("people.invite.role")}
            hint={about ? t(about) : undefined}
            value={role}
            onChange={(event) => setRole(event.target.value)}
            error={wrong?.of("/role")}
          >
            {roles.map((one) => (
              <option key={one.id} value={one.id}>
                {roleName(t, one.id, roles)}
              </option>
            ))}
          </Select>
        </div>
        <Refused problem={wrong} at={["/email", "/role"]} />
        {chosen && (
          <section aria-label={t("people.roles.view")} className="rounded-md border border-line bg-sunken p-4">
            <h3 className="mb-3 text-sm font-medium">{t("people.roles.view")}</h3>
            <RoleWords permissions={chosen.permissions} isTight />
          </section>
        )}
      </form>
    </Dialog>
  );
}
