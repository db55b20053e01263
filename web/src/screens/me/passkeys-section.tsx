"use client";

import { Fingerprint } from "lucide-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { type Shape, useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { hasPasskeys } from "@/lib/passkey";
import { sessionQuery } from "@/screens/shell/signed-in";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Section } from "@/ui/card";
import { SkeletonRows } from "@/ui/skeleton";
import { Shown } from "@/ui/states";
import { Ago } from "@/ui/time";

const Add = dynamic(() => import("@/screens/me/passkey-add"), { ssr: false });
const Remove = dynamic(() => import("@/screens/me/passkey-remove"), { ssr: false });

/** One's passkeys: each signs in alone, without a password. */
export function PasskeysSection() {
  const t = useT();
  const api = useApi();
  const passkeys = api.use.useQuery("get", "/v2/auth/passkeys", { params: { query: { limit: 100 } } });
  const [isAdding, setAdding] = useState(false);
  const [removed, setRemoved] = useState<Shape["PasskeyOut"] | null>(null);
  const done = () => {
    setAdding(false);
    setRemoved(null);
    for (const path of ["/v2/auth/passkeys", "/v2/auth/mfa", "/v2/auth/sessions"])
      void api.cache.invalidateQueries({ queryKey: ["get", path] });
    void api.cache.invalidateQueries({ queryKey: sessionQuery.queryKey });
  };
  return (
    <Section
      title={t("me.passkeys.title")}
      about={t("me.passkeys.about")}
      actions={hasPasskeys() && <Button onClick={() => setAdding(true)}>{t("me.passkeys.add")}</Button>}
    >
      {!hasPasskeys() && <p className="text-sm text-muted">{t("me.passkeys.cannot")}</p>}
      <Shown query={passkeys} skeleton={<SkeletonRows rows={2} />}>
        {(data) =>
          data.items.length === 0 ? (
            <p className="text-sm text-muted">{t("me.passkeys.none")}</p>
          ) : (
            <ul className="-my-4 divide-y divide-line">
              {data.items.map((one) => (
                <li key={one.id} className="flex flex-wrap items-center gap-x-4 gap-y-2 py-3">
                  <Fingerprint aria-hidden className="size-5 shrink-0 text-muted" />
                  <div className="min-w-0 flex-1 text-sm">
                    <p className="font-medium">{one.name}</p>
                    <p className="text-[13px] text-muted">
                      {t("me.passkeys.made")} <Ago at={one.created_at} /> · {one.used_at ? t("me.passkeys.used") : t("me.passkeys.unused")}{" "}
                      {one.used_at && <Ago at={one.used_at} />}
                    </p>
                  </div>
                  {one.suspicious && <Badge tone="bad">{t("me.passkeys.suspicious")}</Badge>}
                  <Button size="sm" onClick={() => setRemoved(one)}>
                    {t("me.passkeys.remove")}
                    <span className="sr-only"> {one.name}</span>
                  </Button>
                </li>
              ))}
            </ul>
          )
        }
      </Shown>
      {isAdding && <Add onClose={() => setAdding(false)} onDone={done} />}
      {removed && <Remove passkey={removed} onClose={() => setRemoved(null)} onDone={done} />}
    </Section>
  );
}
