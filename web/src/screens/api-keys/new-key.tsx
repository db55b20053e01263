"use client";

import { useState } from "react";
import { type Shape, useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import type { Permission } from "@/lib/permissions";
import { useHere } from "@/lib/session";
import { KeyText } from "@/screens/api-keys/key-text";
import { useAct } from "@/ui/act";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Check, Select, TextField } from "@/ui/field";
import { PermissionPicker } from "@/ui/permission-picker";
import { Refused } from "@/ui/refused";

const BUNDLES = ["read", "write", "restore", "admin", "own"] as const;
type Scope = (typeof BUNDLES)[number];
// the API's words do not include each other; what a person chooses here includes what stands before it
const SCOPES: Record<Exclude<Scope, "own">, Shape["Bundle"][]> = {
  read: ["read"],
  write: ["read", "write"],
  restore: ["read", "write", "restore"],
  admin: ["read", "write", "restore", "admin"],
};
const LIVES = [7, 30, 90, 180, 365] as const;

/** A new key: what for, what it may do, for how long. Then its text, once. */
export default function NewKey({ onClose }: { onClose: () => void }) {
  const t = useT();
  const here = useHere();
  const api = useApi();
  const [name, setName] = useState("");
  const [scope, setScope] = useState<Scope>("read");
  const [permissions, setPermissions] = useState<Permission[]>([]);
  const [days, setDays] = useState(90);
  const [reach, setReach] = useState<Shape["Reach"]>("account");
  const [made, setMade] = useState<Shape["KeyMade"] | null>(null);
  const { isBusy, problem: wrong, submit } = useAct();
  const create = submit(async () => {
    const scopes = scope === "own" ? permissions : SCOPES[scope];
    const { data } = await api.call.POST("/v2/api-keys", { body: { name: name.trim(), scopes, days, reach } });
    void api.cache.invalidateQueries({ queryKey: ["api-keys"] });
    if (data) setMade(data);
  });
  if (made) return <KeyText made={made} onClose={onClose} />;
  return (
    <Dialog
      isOpen
      onClose={onClose}
      width="lg"
      title={t("keys.new.title")}
      actions={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button kind="primary" type="submit" form="new-key" isBusy={isBusy} disabled={scope === "own" && permissions.length === 0}>
            {t("keys.new.go")}
          </Button>
        </>
      }
    >
      <form id="new-key" onSubmit={create} className="grid gap-5">
        <TextField
          autoFocus
          required
          maxLength={100}
          autoComplete="off"
          label={t("keys.new.name")}
          hint={t("keys.new.name.hint")}
          value={name}
          onChange={(event) => setName(event.target.value)}
          error={wrong?.of("/name")}
        />
        <fieldset className="grid gap-2.5">
          <legend className="mb-2 text-sm font-medium">{t("keys.new.scope")}</legend>
          {BUNDLES.map((bundle) => (
            <Check
              key={bundle}
              type="radio"
              name="scope"
              label={t(`keys.bundle.${bundle}`)}
              hint={t(`keys.bundle.${bundle}.about`)}
              checked={scope === bundle}
              onChange={() => setScope(bundle)}
            />
          ))}
        </fieldset>
        {scope === "own" && (
          <PermissionPicker
            label={t("keys.new.permissions")}
            offered={here.account.permissions}
            value={permissions}
            onChange={setPermissions}
            error={wrong?.of("/scopes")}
          />
        )}
        <div className="grid gap-4 sm:grid-cols-2">
          <Select label={t("keys.new.days")} value={days} onChange={(event) => setDays(Number(event.target.value))}>
            {LIVES.map((life) => (
              <option key={life} value={life}>
                {t("keys.rotate.days", { count: life })}
              </option>
            ))}
          </Select>
          <Select label={t("keys.new.reach")} value={reach} onChange={(event) => setReach(event.target.value as Shape["Reach"])}>
            <option value="account">{t("keys.reach.account")}</option>
            <option value="branch">{t("keys.reach.branch")}</option>
          </Select>
        </div>
        <Refused problem={wrong} at={scope === "own" ? ["/name", "/scopes"] : ["/name"]} />
      </form>
    </Dialog>
  );
}
