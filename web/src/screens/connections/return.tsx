"use client";

import { useEffect, useState } from "react";
import { useT } from "@/lib/i18n";
import { useSession } from "@/lib/session";
import { useQuery, useTakenOver } from "@/platform/params";
import { useGo } from "@/platform/router";
import { trip } from "@/screens/connections/sign-in-trip";
import { SignedIn } from "@/screens/shell/signed-in";
import { ButtonLink } from "@/ui/button";
import { SkeletonRows } from "@/ui/skeleton";
import { Empty } from "@/ui/states";
import "@/messages/en/connections";

/** Where a platform's sign-in page leads back to: on into the account that one left from, or why nothing was connected. */
export default function Return() {
  return (
    <SignedIn skeleton={<SkeletonRows />}>
      <Onward />
    </SignedIn>
  );
}

const TOLD = ["access_denied", "invalid_scope", "temporarily_unavailable", "unreachable"] as const;

function Onward() {
  const t = useT();
  const go = useGo();
  const query = useQuery();
  const { accounts } = useSession();
  const isTakenOver = useTakenOver();
  const [left] = useState(() => (typeof window === "undefined" ? null : trip()));
  const account = left?.account ?? (accounts.find((mine) => mine.is_current) ?? accounts[0])?.account.id;
  const home = account ? `/a/${account}` : "/";
  const connection = query.get("connected") ?? query.get("repaired");
  const failed = query.get("failed");
  const onward = connection ? target(left?.back ?? null, home, connection, query.has("repaired")) : `${home}/connections`;
  useEffect(() => {
    if (isTakenOver && !failed) go.instead(onward);
  }, [isTakenOver, failed, go, onward]);
  if (!failed) return <p className="p-6 text-sm text-muted">{t("connections.return.going")}</p>;
  const why = TOLD.find((code) => code === failed);
  return (
    <main className="grid min-h-dvh content-center">
      <h1 className="sr-only">{t("connections.return.title")}</h1>
      <Empty
        title={t("connections.return.failed")}
        action={
          <>
            <ButtonLink kind="primary" href={left?.back ?? `${home}/connections`}>
              {t("connections.return.again")}
            </ButtonLink>
            <ButtonLink href={home}>{t("connections.return.home")}</ButtonLink>
          </>
        }
      >
        {why ? t(`connections.return.why.${why}`) : t("connections.return.why.other", { code: failed })}
      </Empty>
    </main>
  );
}

/** A page that asked for it is told which connection was made; without one, the connection itself is shown. */
function target(back: string | null, home: string, connection: string, isRepaired: boolean): string {
  const told = `${isRepaired ? "repaired" : "connected"}=${encodeURIComponent(connection)}`;
  const isOwn = !back || back.startsWith(`${home}/connections`);
  if (isOwn) return `${home}/connections/${encodeURIComponent(connection)}?${told}`;
  return `${back}${back.includes("?") ? "&" : "?"}${told}`;
}
