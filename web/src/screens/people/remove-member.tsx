"use client";

import { useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { forgetPeople, type Member } from "@/screens/people/queries";
import { useAct } from "@/ui/act";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { tell } from "@/ui/toast";

/** The question before somebody is removed. */
export default function RemoveMember({ member, onClose }: { member: Member; onClose: () => void }) {
  const t = useT();
  const api = useApi();
  const { isBusy, act } = useAct();
  const name = member.name || member.email;
  const remove = act(async () => {
    await api.call.DELETE("/v2/users/{user}", { params: { path: { user: member.user } } });
    forgetPeople(api);
    void tell(t("people.removed", { name }));
    onClose();
  });
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={t("people.remove.title", { name })}
      about={t("people.remove.about", { name })}
      actions={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button kind="danger" isBusy={isBusy} onClick={remove}>
            {t("people.remove.go")}
          </Button>
        </>
      }
    >
      <p className="text-sm">{member.email}</p>
    </Dialog>
  );
}
