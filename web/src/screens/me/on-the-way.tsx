"use client";

import { useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { localPath } from "@/lib/local-path";
import { useQuery } from "@/platform/params";
import { ButtonLink } from "@/ui/button";
import { Card } from "@/ui/card";

/** For who was led here at sign-in because a second factor is wanted of them: why, and on to where they were going. */
export function OnTheWay() {
  const t = useT();
  const next = localPath(useQuery().get("next"));
  const mfa = useApi().use.useQuery("get", "/v2/auth/mfa", {}, { enabled: next !== null }).data;
  if (next === null) return null;
  const isDone = mfa !== undefined && (mfa.totp || mfa.passkeys > 0);
  return (
    <Card className="flex flex-wrap items-center justify-between gap-3 px-4 py-3">
      <p role="status" className="min-w-0 flex-1 basis-72 text-sm">
        {t(isDone ? "me.first.done" : "me.first")}
      </p>
      <ButtonLink kind={isDone ? "primary" : undefined} href={next}>
        {t(isDone ? "me.first.go" : "me.first.later")}
      </ButtonLink>
    </Card>
  );
}
