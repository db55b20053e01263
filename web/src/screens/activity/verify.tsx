"use client";

import { ShieldAlert, ShieldCheck } from "lucide-react";
import { useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Progress } from "@/ui/progress";
import { ServerWords } from "@/ui/server-words";
import { Failure } from "@/ui/states";

/** Whether the trail is what was written: asked anew each time it is opened. */
export default function Verify({ onClose }: { onClose: () => void }) {
  const t = useT();
  const verified = useApi().use.useQuery("get", "/v2/activity/verify", {}, { staleTime: 0, gcTime: 0 });
  const found = verified.isFetching ? undefined : verified.data;
  return (
    <Dialog isOpen onClose={onClose} title={t("activity.verify.title")} actions={<Button onClick={onClose}>{t("common.close")}</Button>}>
      <div aria-live="polite">
        {verified.isFetching && (
          <div className="grid gap-3 py-2">
            <p className="text-sm text-muted">{t("activity.verify.running")}</p>
            <Progress share={null} label={t("activity.verify.running")} />
          </div>
        )}
        {!verified.isFetching && verified.isError && <Failure error={verified.error} onRetry={() => void verified.refetch()} />}
        {found?.intact && (
          <div className="flex gap-3">
            <ShieldCheck aria-hidden className="mt-0.5 size-6 shrink-0 text-good" />
            <div>
              <p className="font-medium text-good">{t("activity.verify.good")}</p>
              <p className="text-sm">{t("activity.verify.good.text", { count: found.lines })}</p>
            </div>
          </div>
        )}
        {found && !found.intact && (
          <div className="flex gap-3" role="alert">
            <ShieldAlert aria-hidden className="mt-0.5 size-6 shrink-0 text-bad" />
            <div>
              <p className="font-medium text-bad">{t("activity.verify.bad", { seq: found.broken?.seq ?? 0 })}</p>
              <p className="text-sm">
                <ServerWords>{found.broken?.message}</ServerWords>
              </p>
              <p className="mt-1 text-sm text-muted">{t("activity.verify.bad.text")}</p>
            </div>
          </div>
        )}
      </div>
    </Dialog>
  );
}
