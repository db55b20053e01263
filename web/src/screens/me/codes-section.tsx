"use client";

import dynamic from "next/dynamic";
import { useState } from "react";
import { useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { sessionQuery } from "@/screens/shell/signed-in";
import { useAct } from "@/ui/act";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Section } from "@/ui/card";
import { SkeletonRows } from "@/ui/skeleton";
import { Shown } from "@/ui/states";

const SetUp = dynamic(() => import("@/screens/me/codes-set-up"), { ssr: false });
const Remove = dynamic(() => import("@/screens/me/codes-remove"), { ssr: false });
const RecoveryCodes = dynamic(() => import("@/screens/me/recovery-codes"), { ssr: false });

type Open = { kind: "setup" } | { kind: "remove" } | { kind: "codes"; codes: readonly string[] } | null;

/** One-time codes of an authenticator app, and the recovery codes that stand in for them. */
export function CodesSection() {
  const t = useT();
  const api = useApi();
  const { act } = useAct();
  const mfa = api.use.useQuery("get", "/v2/auth/mfa");
  const [open, setOpen] = useState<Open>(null);
  const refresh = () => {
    void api.cache.invalidateQueries({ queryKey: ["get", "/v2/auth/mfa"] });
    void api.cache.invalidateQueries({ queryKey: ["get", "/v2/auth/sessions"] });
    void api.cache.invalidateQueries({ queryKey: sessionQuery.queryKey });
  };
  const renew = act(async () => {
    const { data } = await api.call.POST("/v2/auth/mfa/recovery-codes");
    if (data) setOpen({ kind: "codes", codes: data.recovery_codes });
    refresh();
  });
  return (
    <Section title={t("me.codes.title")} about={t("me.codes.about")}>
      <Shown query={mfa} skeleton={<SkeletonRows rows={2} />}>
        {(data) => (
          <div className="grid gap-4">
            <div className="flex flex-wrap items-center justify-between gap-3">
              <Badge tone={data.totp ? "good" : "warn"}>{t(data.totp ? "me.codes.on" : "me.codes.off")}</Badge>
              {data.totp ? (
                <Button onClick={() => setOpen({ kind: "remove" })}>{t("me.codes.remove")}</Button>
              ) : (
                <Button kind="primary" onClick={() => setOpen({ kind: "setup" })}>
                  {t("me.codes.add")}
                </Button>
              )}
            </div>
            {(data.totp || data.recovery_codes_left > 0) && (
              <div className="flex flex-wrap items-center justify-between gap-3 border-t border-line pt-4">
                <p className="text-sm">{t("me.recovery.left", { left: data.recovery_codes_left })}</p>
                <Button onClick={renew}>{t("me.recovery.renew")}</Button>
              </div>
            )}
          </div>
        )}
      </Shown>
      {open?.kind === "setup" && (
        <SetUp
          onClose={() => setOpen(null)}
          onDone={(codes) => {
            setOpen({ kind: "codes", codes });
            refresh();
          }}
        />
      )}
      {open?.kind === "remove" && (
        <Remove
          onClose={() => setOpen(null)}
          onDone={() => {
            setOpen(null);
            refresh();
          }}
        />
      )}
      {open?.kind === "codes" && <RecoveryCodes codes={open.codes} onClose={() => setOpen(null)} />}
    </Section>
  );
}
