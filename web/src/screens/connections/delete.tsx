"use client";

import { type Shape, useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { useHere } from "@/lib/session";
import { useGo } from "@/platform/router";
import { useAct } from "@/ui/act";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { tell } from "@/ui/toast";

/** Forgets a connection, and says before what stands still without it. */
export default function Delete({
  connection,
  sources,
  onClose,
}: {
  connection: Shape["Connection"];
  sources: readonly Shape["Source"][];
  onClose: () => void;
}) {
  const t = useT();
  const api = useApi();
  const here = useHere();
  const go = useGo();
  const { isBusy, act } = useAct();
  const isUsed = sources.length > 0;
  const forget = act(async () => {
    const params = { path: { connection: connection.id }, query: isUsed ? { force: true } : {} };
    await api.call.DELETE("/v2/connections/{connection}", { params });
    go.instead(here.path("/connections"));
    await api.cache.invalidateQueries({ queryKey: ["get", "/v2/connections"] });
    void tell(t("connections.one.deleted", { name: connection.name }));
  });
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={t("connections.one.delete.title", { name: connection.name })}
      actions={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button kind="danger" isBusy={isBusy} onClick={forget}>
            {isUsed ? t("connections.one.delete.sure") : t("connections.one.delete")}
          </Button>
        </>
      }
    >
      <div className="grid gap-2 text-sm">
        {isUsed && (
          <p className="font-medium text-bad">
            {t("connections.one.delete.used", { count: sources.length, names: sources.map((source) => source.name).join(", ") })}
          </p>
        )}
        <p>{t("connections.one.delete.free")}</p>
      </div>
    </Dialog>
  );
}
