"use client";

import { useState } from "react";
import { type Shape, useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import type { KeyAct, KeyShown } from "@/screens/api-keys/api-keys";
import { KeyText } from "@/screens/api-keys/key-text";
import { RoleWords } from "@/screens/people/role-words";
import { useAct } from "@/ui/act";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Select } from "@/ui/field";
import { Refused } from "@/ui/refused";
import { tell } from "@/ui/toast";

type Props = { act: KeyAct; one: KeyShown; onClose: () => void };

/** What a key may do, a new text for it, or its end. */
export default function KeyDialog({ act, one, onClose }: Props) {
  if (act === "rotate") return <Rotate one={one} onClose={onClose} />;
  if (act === "revoke") return <Revoke one={one} onClose={onClose} />;
  return <Details one={one} onClose={onClose} />;
}

function Details({ one, onClose }: Omit<Props, "act">) {
  const t = useT();
  return (
    <Dialog isOpen onClose={onClose} width="lg" title={t("keys.details.title", { name: one.name })}>
      <RoleWords permissions={one.scopes} isTight />
    </Dialog>
  );
}

const GRACES = [0, 1, 24, 72, 168] as const;

function Rotate({ one, onClose }: Omit<Props, "act">) {
  const t = useT();
  const api = useApi();
  const [hours, setHours] = useState(24);
  const [made, setMade] = useState<Shape["KeyMade"] | null>(null);
  const { isBusy, problem, submit } = useAct();
  const rotate = submit(async () => {
    const { data } = await api.call.POST("/v2/api-keys/{key}/rotate", {
      params: { path: { key: one.id } },
      body: { grace_hours: hours },
    });
    if (data) setMade(data);
    void api.cache.invalidateQueries({ queryKey: ["api-keys"] });
  });
  if (made) return <KeyText made={made} onClose={onClose} />;
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={t("keys.rotate.title", { name: one.name })}
      about={t("keys.rotate.about")}
      actions={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button kind="primary" type="submit" form="rotate" isBusy={isBusy}>
            {t("keys.rotate.go")}
          </Button>
        </>
      }
    >
      <form id="rotate" onSubmit={rotate} className="grid gap-4">
        <Select label={t("keys.rotate.grace")} value={hours} onChange={(event) => setHours(Number(event.target.value))}>
          {GRACES.map((grace) => (
            <option key={grace} value={grace}>
              {grace === 0
                ? t("keys.rotate.now")
                : grace < 24
                  ? t("keys.rotate.hours", { count: grace })
                  : t("keys.rotate.days", { count: grace / 24 })}
            </option>
          ))}
        </Select>
        <Refused problem={problem} />
      </form>
    </Dialog>
  );
}

function Revoke({ one, onClose }: Omit<Props, "act">) {
  const t = useT();
  const api = useApi();
  const { isBusy, act } = useAct();
  const revoke = act(async () => {
    await api.call.DELETE("/v2/api-keys/{key}", { params: { path: { key: one.id } } });
    void api.cache.invalidateQueries({ queryKey: ["api-keys"] });
    void tell(t("keys.revoked", { name: one.name }));
    onClose();
  });
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={t("keys.revoke.title", { name: one.name })}
      about={t("keys.revoke.about")}
      actions={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button kind="danger" isBusy={isBusy} onClick={revoke}>
            {t("keys.revoke.go")}
          </Button>
        </>
      }
    >
      <p className="text-sm text-muted">{t("keys.scopes.more", { count: one.scopes.length })}</p>
    </Dialog>
  );
}
