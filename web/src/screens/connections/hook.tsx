"use client";

import { useState } from "react";
import { useApi } from "@/lib/api";
import { moment } from "@/lib/format";
import { useT } from "@/lib/i18n";
import { asProblem } from "@/lib/problem";
import { useAct } from "@/ui/act";
import { Button } from "@/ui/button";
import { Section } from "@/ui/card";
import { CopyButton } from "@/ui/copy";
import { Skeleton } from "@/ui/skeleton";
import { Failure } from "@/ui/states";
import { Ago } from "@/ui/time";
import { tell } from "@/ui/toast";

/** The address at which a platform may say that something changed. It is asked for when somebody wants it: most connections have none. */
export default function HookSection({ connection }: { connection: string }) {
  const t = useT();
  const api = useApi();
  const [secret, setSecret] = useState<string | null>(null);
  const { isBusy, act } = useAct();
  const [isOpen, setOpen] = useState(false);
  const params = { path: { connection } };
  const hook = api.use.useQuery("get", "/v2/connections/{connection}/hook", { params }, { enabled: isOpen });
  const isAbsent = hook.isError && asProblem(hook.error).status === 404;
  const change = act(async (what: () => Promise<void>) => {
    await what();
    await api.cache.resetQueries({ queryKey: ["get", "/v2/connections/{connection}/hook"] });
  });
  const make = () =>
    change(async () => {
      const { data } = await api.call.POST("/v2/connections/{connection}/hook", { params });
      setSecret(data?.secret ?? null);
    });
  const drop = () =>
    change(async () => {
      await api.call.DELETE("/v2/connections/{connection}/hook", { params });
      setSecret(null);
      void tell(t("connections.hook.dropped"));
    });
  const shown = isAbsent ? undefined : hook.data;
  return (
    <Section
      title={t("connections.hook.title")}
      about={t("connections.hook.about")}
      actions={
        !isOpen ? (
          <Button size="sm" onClick={() => setOpen(true)}>
            {t("connections.hook.show")}
          </Button>
        ) : (
          (isAbsent || shown) && (
            <>
              <Button size="sm" isBusy={isBusy} onClick={() => void make()}>
                {shown ? t("connections.hook.renew") : t("connections.hook.make")}
              </Button>
              {shown && (
                <Button size="sm" kind="quiet" disabled={isBusy} onClick={() => void drop()}>
                  {t("connections.hook.drop")}
                </Button>
              )}
            </>
          )
        )
      }
    >
      {!isOpen && <p className="text-sm text-muted">{t("connections.hook.closed")}</p>}
      {isAbsent && <p className="text-sm text-muted">{t("connections.hook.none")}</p>}
      {hook.isError && !isAbsent && <Failure error={hook.error} onRetry={() => void hook.refetch()} />}
      {isOpen && hook.isPending && <Skeleton className="h-9" />}
      {shown && (
        <div className="grid gap-3 text-sm">
          {shown.url ? (
            <Copied name={t("connections.hook.address")} text={shown.url} />
          ) : (
            <p className="text-warn">{t("connections.hook.address.none")}</p>
          )}
          {secret && <Copied name={t("connections.hook.secret")} text={secret} />}
          {secret && <p className="text-[13px] text-muted">{t("connections.hook.secret.hint")}</p>}
          {shown.former_until && (
            <p className="text-[13px] text-muted">{t("connections.hook.former", { at: moment(shown.former_until) })}</p>
          )}
          {shown.started_at && (
            <p className="text-[13px] text-muted">
              {t("connections.hook.heard")}: <Ago at={shown.started_at} />
            </p>
          )}
        </div>
      )}
    </Section>
  );
}

function Copied({ name, text }: { name: string; text: string }) {
  return (
    <div className="grid gap-1">
      <p className="text-[13px] text-muted">{name}</p>
      <div className="flex items-center gap-2 rounded-md bg-sunken py-1 pr-1 pl-3">
        <code className="min-w-0 flex-1 text-[13px]">{text}</code>
        <CopyButton text={text} />
      </div>
    </div>
  );
}
