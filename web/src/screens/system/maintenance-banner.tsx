"use client";

import { Wrench } from "lucide-react";
import { type Shape, useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { useAct } from "@/ui/act";
import { Button } from "@/ui/button";
import { Ago } from "@/ui/time";
import { tell } from "@/ui/toast";

/** That the installation is in maintenance, why, and its end. */
export function MaintenanceBanner({ state }: { state: Shape["MaintenanceState"] }) {
  const t = useT();
  const api = useApi();
  const { isBusy, act } = useAct();
  const end = act(async () => {
    await api.call.PUT("/v2/system/maintenance", { body: { on: false } });
    await api.cache.invalidateQueries();
    void tell(t("system.maintenance.ended"));
  });
  return (
    <section
      aria-label={t("system.maintenance")}
      className="mb-4 flex flex-wrap items-center justify-between gap-3 rounded-lg border border-warn/40 bg-warn-soft px-4 py-3"
    >
      <div className="flex min-w-0 items-start gap-3 text-warn">
        <Wrench aria-hidden className="mt-0.5 size-5 shrink-0" />
        <div className="text-sm">
          <p className="font-medium">{t("system.maintenance.on")}</p>
          <p>
            {state.reason}
            {state.since && (
              <>
                {" · "}
                {t("system.maintenance.since")} <Ago at={state.since} />
              </>
            )}
          </p>
        </div>
      </div>
      <Button kind="primary" isBusy={isBusy} onClick={end}>
        {t("system.maintenance.end")}
      </Button>
    </section>
  );
}
