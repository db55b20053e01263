"use client";

import { useEffect, useState } from "react";
import { personCall, setCsrf } from "@/lib/call";
import { useT } from "@/lib/i18n";
import { useToken } from "@/screens/entry/coming-in";
import { EntryPage, Refusal } from "@/screens/entry/entry-page";
import { JoinAnew } from "@/screens/entry/join-anew";
import { keepInvitation, keptInvitation, useJoin } from "@/screens/entry/joining";
import { NoToken } from "@/screens/entry/no-token";
import { useAct } from "@/ui/act";
import { Button, ButtonLink } from "@/ui/button";
import { Skeleton } from "@/ui/skeleton";

/** An invitation's link was followed: join as who one is, sign in first, or come to be known by it. */
export default function AcceptInvitation() {
  const t = useT();
  const token = useToken();
  const kept = token === null ? keptInvitation() : token;
  const who = useWho();
  if (token === undefined || who === undefined)
    return (
      <EntryPage title={t("entry.invited.title")}>
        <div aria-hidden className="grid gap-4">
          <Skeleton />
          <Skeleton className="w-2/3" />
          <Skeleton className="h-9" />
        </div>
      </EntryPage>
    );
  if (!kept) return <NoToken title={t("entry.invited.title")} />;
  return who ? <JoinAs email={who} token={kept} /> : <Stranger token={kept} />;
}

function JoinAs({ email, token }: { email: string; token: string }) {
  const t = useT();
  const { submit, problem, isBusy } = useAct();
  const join = useJoin();
  const isOther = problem?.code === "not_meant";
  const signOut = submit(async () => {
    keepInvitation(token);
    await personCall.POST("/v2/auth/logout");
    window.location.replace("/accept-invitation");
  });
  return (
    <EntryPage title={t("entry.invited.title")} about={t("entry.invited.as", { email })}>
      <Refusal problem={problem} />
      {isOther ? (
        <Button kind="primary" isBusy={isBusy} onClick={() => void signOut()}>
          {t("entry.invited.signout")}
        </Button>
      ) : (
        <Button kind="primary" isBusy={isBusy} onClick={() => void submit(() => join(token))()}>
          {t("entry.invited.join")}
        </Button>
      )}
    </EntryPage>
  );
}

function Stranger({ token }: { token: string }) {
  const t = useT();
  const [isNew, setNew] = useState(false);
  if (isNew) return <JoinAnew token={token} onBack={() => setNew(false)} />;
  return (
    <EntryPage title={t("entry.invited.title")} about={t("entry.invited.about")}>
      <div className="grid gap-2">
        <Button kind="primary" onClick={() => setNew(true)}>
          {t("entry.invited.new")}
        </Button>
        {/* the token does not go into an address that the server sees */}
        <ButtonLink href="/sign-in?next=%2Faccept-invitation" onClick={() => keepInvitation(token)}>
          {t("entry.invited.known")}
        </ButtonLink>
      </div>
    </EntryPage>
  );
}

/** The address of who is signed in; null for nobody, undefined until it is known. */
function useWho(): string | null | undefined {
  const [who, setWho] = useState<string | null | undefined>(undefined);
  useEffect(() => {
    personCall.GET("/v2/auth/status").then(
      ({ data }) => {
        setCsrf(data?.csrf_token ?? null);
        setWho(data?.email ?? null);
      },
      () => setWho(null),
    );
  }, []);
  return who;
}
