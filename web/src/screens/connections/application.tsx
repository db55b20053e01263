"use client";

import { useState } from "react";
import { type Shape, useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { useAct } from "@/ui/act";
import { Button } from "@/ui/button";
import { CopyButton } from "@/ui/copy";
import { Dialog } from "@/ui/dialog";
import { Check, TextField } from "@/ui/field";
import { Refused } from "@/ui/refused";
import { SkeletonRows } from "@/ui/skeleton";
import { Shown } from "@/ui/states";
import { tell } from "@/ui/toast";
import "@/messages/en/connections";

/** What this account says of a platform itself: its own OAuth application, whether it may be connected, how fast it is asked. */
export default function Application({ platform, label, onClose }: { platform: string; label: string; onClose: () => void }) {
  const t = useT();
  const found = useApi().use.useQuery("get", "/v2/integrations/{platform}", { params: { path: { platform } } });
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={t("connections.application.title", { platform: label })}
      about={t("connections.application.about", { platform: label })}
    >
      <Shown query={found} skeleton={<SkeletonRows rows={4} />}>
        {(integration) => <Settings key={integration.version} integration={integration} onClose={onClose} />}
      </Shown>
    </Dialog>
  );
}

function Settings({ integration, onClose }: { integration: Shape["Integration"]; onClose: () => void }) {
  const t = useT();
  const api = useApi();
  const own = integration.own;
  const [clientId, setClientId] = useState(own.client_id ?? "");
  const [secret, setSecret] = useState("");
  const [rate, setRate] = useState(own.calls_per_second?.toString() ?? "");
  const [isEnabled, setEnabled] = useState(own.enabled ?? integration.enabled);
  const { isBusy, problem, act, submit } = useAct();
  const params = { path: { platform: integration.platform } };
  const fresh = () =>
    Promise.all([
      api.cache.invalidateQueries({ queryKey: ["get", "/v2/integrations"] }),
      api.cache.invalidateQueries({ queryKey: ["get", "/v2/integrations/{platform}"] }),
    ]);
  const save = submit(async () => {
    const enabled = own.enabled === null && isEnabled === integration.enabled ? null : isEnabled;
    const body = {
      enabled,
      client_id: clientId.trim() || null,
      client_secret: secret.trim() || null,
      calls_per_second: rate.trim() ? Number(rate) : null,
    };
    await api.call.PUT("/v2/integrations/{platform}", { params, body });
    await fresh();
    void tell(t("connections.application.saved", { platform: integration.label }));
    onClose();
  });
  const forget = act(async () => {
    await api.call.DELETE("/v2/integrations/{platform}", { params });
    await fresh();
    void tell(t("connections.application.forgot"));
    onClose();
  });
  const saysSomething = own.client_id !== null || own.enabled !== null || own.calls_per_second !== null;
  return (
    <form className="grid gap-4" onSubmit={save}>
      {integration.methods.includes("oauth") && (
        <>
          <div className="grid gap-1">
            <p className="text-sm font-medium">{t("connections.application.redirect")}</p>
            {integration.redirect_uri ? (
              <div className="flex items-center gap-2 rounded-md bg-sunken py-1 pr-1 pl-3">
                <code className="min-w-0 flex-1 text-[13px]">{integration.redirect_uri}</code>
                <CopyButton text={integration.redirect_uri} />
              </div>
            ) : (
              <p className="text-[13px] text-warn">{t("connections.application.redirect.none")}</p>
            )}
          </div>
          <TextField
            label={t("connections.application.id")}
            autoComplete="off"
            spellCheck={false}
            placeholder={own.client_id ? undefined : (integration.client_id ?? undefined)}
            hint={!own.client_id && integration.client_id ? t("connections.application.from") : undefined}
            value={clientId}
            onChange={(event) => setClientId(event.target.value)}
            error={problem?.of("/client_id")}
          />
          <TextField
            label={t("connections.application.secret")}
            type="password"
            autoComplete="new-password"
            hint={
              own.client_id && integration.has_client_secret ? t("connections.application.secret.kept") : t("connections.form.secret.hint")
            }
            value={secret}
            onChange={(event) => setSecret(event.target.value)}
            error={problem?.of("/client_secret")}
          />
        </>
      )}
      <TextField
        label={t("connections.application.rate")}
        hint={t("connections.application.rate.hint")}
        inputMode="decimal"
        value={rate}
        onChange={(event) => setRate(event.target.value.replace(",", "."))}
        error={problem?.of("/calls_per_second")}
      />
      <Check label={t("connections.application.enabled")} checked={isEnabled} onChange={(event) => setEnabled(event.target.checked)} />
      <Refused problem={problem} at={["/client_id", "/client_secret", "/calls_per_second"]} />
      <div className="flex flex-wrap justify-between gap-2">
        <Button kind="primary" type="submit" isBusy={isBusy}>
          {t("common.save")}
        </Button>
        {saysSomething && (
          <Button kind="quiet" onClick={forget}>
            {t("connections.application.forget")}
          </Button>
        )}
      </div>
    </form>
  );
}
