"use client";

import { QueryClientProvider } from "@tanstack/react-query";
import { type ReactNode, Suspense, useEffect, useMemo } from "react";
import { ApiContext, apiOf, useApi } from "@/lib/api";
import { personCall } from "@/lib/call";
import { HereContext, useSession } from "@/lib/session";
import { usePart } from "@/platform/params";
import { Frame } from "@/screens/shell/frame";
import { Live } from "@/screens/shell/live";
import { SignedIn, sessionQuery } from "@/screens/shell/signed-in";
import { SkeletonRows } from "@/ui/skeleton";
import { Shown } from "@/ui/states";
import "@/messages/en/shell";

/** Everything under /a/<account>: what is read below is read as this account, kept apart from every other. */
export function AccountShell({ children }: { children: ReactNode }) {
  const account = usePart("a");
  const waiting = (
    <Frame>
      <SkeletonRows />
    </Frame>
  );
  if (!account) return waiting;
  const api = apiOf(account);
  return (
    <SignedIn skeleton={waiting}>
      <QueryClientProvider client={api.cache}>
        <ApiContext value={api}>
          <Within account={account}>{children}</Within>
        </ApiContext>
      </QueryClientProvider>
    </SignedIn>
  );
}

function Within({ account, children }: { account: string; children: ReactNode }) {
  const detail = useApi().use.useQuery("get", "/v2/accounts/{account}", { params: { path: { account } } });
  const here = useMemo(() => {
    if (!detail.data) return null;
    const may = new Set(detail.data.permissions);
    return {
      account: detail.data,
      may: (wanted: (typeof detail.data.permissions)[number]) => may.has(wanted),
      path: (rest: string) => `/a/${account}${rest}`,
    };
  }, [detail.data, account]);
  useCurrent(detail.isSuccess ? account : null);
  return (
    <HereContext value={here}>
      <Live account={account} isAllowed={here?.may("activity:read") ?? false}>
        <Frame>
          <Shown query={detail} skeleton={<SkeletonRows />}>
            {() => <Suspense fallback={<SkeletonRows />}>{children}</Suspense>}
          </Shown>
        </Frame>
      </Live>
    </HereContext>
  );
}

/** The account that was looked at last is the one that the front door leads to, on every device. */
function useCurrent(account: string | null) {
  const { accounts } = useSession();
  const isCurrent = accounts.some((mine) => mine.is_current && mine.account.id === account);
  useEffect(() => {
    if (!account || isCurrent) return;
    personCall.POST("/v2/accounts/switch", { body: { account } }).then(
      () => apiOf(null).cache.invalidateQueries({ queryKey: sessionQuery.queryKey }),
      () => {}, // a comfort: nothing depends on it
    );
  }, [account, isCurrent]);
}
