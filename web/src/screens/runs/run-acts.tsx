"use client";

import { useState } from "react";
import { type Shape, useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { useHere } from "@/lib/session";
import { useGo } from "@/platform/router";
import { useAct } from "@/ui/act";
import { Button, ButtonLink } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { tell } from "@/ui/toast";

/** Cancel while it goes on, run again when it is over. */
export function RunActs({ run, isRetryShown }: { run: Shape["RunShown"]; isRetryShown: boolean | undefined }) {
  const t = useT();
  const api = useApi();
  const here = useHere();
  const go = useGo();
  const [isAsked, setAsked] = useState(false);
  const { isBusy, act } = useAct();
  const params = { path: { run: run.id } };
  const retry = act(async () => {
    const { data } = await api.call.POST("/v2/runs/{run}/retry", { params });
    void api.cache.invalidateQueries({ queryKey: ["get", "/v2/runs"] });
    if (data) go.to(here.path(`/runs/${data.id}`));
  });
  const cancel = act(async () => {
    await api.call.POST("/v2/runs/{run}/cancel", { params }).finally(() => setAsked(false));
    await api.cache.invalidateQueries({ queryKey: ["get", "/v2/runs/{run}"] });
    void tell(t("runs.cancelled"));
  });
  return (
    <>
      <ButtonLink href={here.path(`/sources/${run.source}`)}>{t("runs.source")}</ButtonLink>
      {here.may("runs:execute") &&
        (isRetryShown ? (
          <Button isBusy={isBusy} onClick={retry}>
            {t("runs.retry")}
          </Button>
        ) : (
          <Button disabled={run.cancel_requested} onClick={() => setAsked(true)}>
            {run.cancel_requested ? t("runs.cancelling") : t("runs.cancel")}
          </Button>
        ))}
      <Dialog
        isOpen={isAsked}
        onClose={() => setAsked(false)}
        title={t("runs.cancel.title")}
        actions={
          <>
            <Button onClick={() => setAsked(false)}>{t("runs.cancel.no")}</Button>
            <Button kind="danger" isBusy={isBusy} onClick={cancel}>
              {t("runs.cancel.go")}
            </Button>
          </>
        }
      >
        <p className="text-sm">{t("runs.cancel.about")}</p>
      </Dialog>
    </>
  );
}
