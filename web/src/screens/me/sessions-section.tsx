"use client";

import { Monitor, SquareTerminal } from "lucide-react";
import { type Shape, useApi } from "@/lib/api";
import { type Key, useT } from "@/lib/i18n";
import { deviceOf } from "@/screens/me/device-of";
import { useAct } from "@/ui/act";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Section } from "@/ui/card";
import { SkeletonRows } from "@/ui/skeleton";
import { Shown } from "@/ui/states";
import { Ago } from "@/ui/time";
import { tell } from "@/ui/toast";

const FACTORS: Record<Shape["Factor"], Key> = {
  password: "me.factor.password",
  totp: "me.factor.totp",
  recovery_code: "me.factor.recovery",
  passkey: "me.factor.passkey",
};

/** Where one is signed in, and the way to end it. */
export function SessionsSection() {
  const t = useT();
  const api = useApi();
  const sessions = api.use.useQuery("get", "/v2/auth/sessions", { params: { query: { limit: 100 } } });
  const { isBusy, act } = useAct();
  const end = act(async (ask: () => Promise<unknown>, said: string) => {
    await ask().finally(() => void api.cache.invalidateQueries({ queryKey: ["get", "/v2/auth/sessions"] }));
    void tell(said);
  });
  const endOthers = () =>
    end(() => api.call.DELETE("/v2/auth/sessions", { params: { query: { keep_current: true } } }), t("me.sessions.othersended"));
  const endOne = (session: string) =>
    end(() => api.call.DELETE("/v2/auth/sessions/{session}", { params: { path: { session } } }), t("me.sessions.ended"));
  const hasOthers = (sessions.data?.items.length ?? 0) > 1;
  return (
    <Section
      title={t("me.sessions.title")}
      about={t("me.sessions.about")}
      actions={
        hasOthers && (
          <Button isBusy={isBusy} onClick={() => void endOthers()}>
            {t("me.sessions.endothers")}
          </Button>
        )
      }
    >
      <Shown query={sessions} skeleton={<SkeletonRows rows={3} />}>
        {(data) => (
          <ul className="-my-4 divide-y divide-line">
            {data.items.map((session) => (
              <SessionLine key={session.id} session={session} onEnd={() => void endOne(session.id)} />
            ))}
          </ul>
        )}
      </Shown>
    </Section>
  );
}

function SessionLine({ session, onEnd }: { session: Shape["SessionOut"]; onEnd: () => void }) {
  const t = useT();
  const Icon = session.kind === "browser" ? Monitor : SquareTerminal;
  const device = deviceOf(session.agent) || t("me.sessions.unknown");
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 py-3">
      <Icon aria-hidden className="size-5 shrink-0 text-muted" />
      <div className="min-w-0 flex-1 basis-48 text-sm" title={session.agent}>
        <p className="font-medium">
          {device} <span className="font-normal text-muted">{session.address}</span>
        </p>
        <p className="text-[13px] text-muted">
          {t("me.sessions.seen")} <Ago at={session.seen_at} /> · {session.factors.map((factor) => t(FACTORS[factor])).join(", ")}
        </p>
      </div>
      {session.current ? (
        <Badge tone="good">{t("me.sessions.current")}</Badge>
      ) : (
        <Button size="sm" onClick={onEnd}>
          {t("me.sessions.end")}
          <span className="sr-only"> {device}</span>
        </Button>
      )}
    </li>
  );
}
