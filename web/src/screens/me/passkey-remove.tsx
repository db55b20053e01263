"use client";

import { type Shape, useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { saidOf } from "@/screens/entry/said";
import { useAct } from "@/ui/act";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { tell } from "@/ui/toast";

/** Asks before a passkey is taken away: there is no way back. */
export default function PasskeyRemove({
  passkey,
  onClose,
  onDone,
}: {
  passkey: Shape["PasskeyOut"];
  onClose: () => void;
  onDone: () => void;
}) {
  const t = useT();
  const api = useApi();
  const { isBusy, problem, submit } = useAct();
  const remove = submit(async () => {
    await api.call.DELETE("/v2/auth/passkeys/{passkey}", { params: { path: { passkey: passkey.id } } });
    void tell(t("me.passkeys.removed", { name: passkey.name }));
    onDone();
  });
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={t("me.passkeys.remove.title", { name: passkey.name })}
      about={t("me.passkeys.remove.about")}
      actions={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button kind="danger" isBusy={isBusy} onClick={remove}>
            {t("me.passkeys.remove")}
          </Button>
        </>
      }
    >
      <p role="alert" className="text-sm text-bad empty:hidden">
        {problem && saidOf(problem)}
      </p>
    </Dialog>
  );
}
