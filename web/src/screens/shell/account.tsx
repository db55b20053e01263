"use client";

import { QueryClientProvider, QueryObserver, type UseQueryResult } from "@tanstack/react-query";
import { type ReactNode, Suspense, useCallback, useEffect, useMemo, useSyncExternalStore } from "react";
import { ApiContext, apiOf, type Shape } from "@/lib/api";
import { personCall } from "@/lib/call";
import { type Here, HereContext, type Session, SessionContext } from "@/lib/session";
import { usePart } from "@/platform/params";
import { Frame } from "@/screens/shell/frame";
import { useHearing } from "@/screens/shell/hearing";
import { Live } from "@/screens/shell/live";
import { AsPerson, sessionQuery, useSignIn } from "@/screens/shell/signed-in";
import { StepUp } from "@/screens/shell/step-up";
import { SkeletonRows } from "@/ui/skeleton";
import { Shown } from "@/ui/states";
import "@/messages/en/shell";

/** Everything under /a/<account>: what is read below is read as this account, kept apart from every other. Person, account and stream of events are
 * asked for at the same time, and one frame stands from the prerendered page on: what is known later fills it. */
export function AccountShell({ children }: { children: ReactNode }) {
  const account = usePart("a");
  const api = apiOf(account);
  const { session, isOut } = useSignIn();
  const detail = useDetail(account);
  const here = useHereOf(session.data, detail.data);
  const isHeard = useHearing(account, here);
  useCurrent(here ? account : null, session.data);
  const waiting = <SkeletonRows />;
  return (
    <SessionContext value={session.data ?? null}>
      <QueryClientProvider client={api.cache}>
        <ApiContext value={api}>
          <HereContext value={here}>
            <Live account={isHeard ? account : null}>
              <Frame>
                {isOut ? (
                  waiting
                ) : (
                  <Shown query={session} skeleton={waiting}>
                    {() => (
                      <Shown query={detail} skeleton={waiting}>
                        {() =>
                          here && (
                            <Suspense key={account} fallback={waiting}>
                              {children}
                            </Suspense>
                          )
                        }
                      </Shown>
                    )}
                  </Shown>
                )}
              </Frame>
            </Live>
          </HereContext>
        </ApiContext>
      </QueryClientProvider>
      {session.data && (
        <AsPerson>
          <StepUp />
        </AsPerson>
      )}
    </SessionContext>
  );
}

const UNKNOWN = new QueryObserver<Shape["AccountDetail"]>(apiOf(null).cache, { queryKey: ["account"], enabled: false });

/** The account of the address, from its own cache: `useQuery` would stay with the cache of the first render, when nobody knows the account yet. */
function useDetail(account: string | null) {
  const observer = useMemo(() => {
    if (!account) return UNKNOWN;
    const { use, cache } = apiOf(account);
    const options = use.queryOptions("get", "/v2/accounts/{account}", { params: { path: { account } } });
    // that it is being read again is nobody's render
    return new QueryObserver<Shape["AccountDetail"]>(cache, { ...options, notifyOnChangeProps: ["data", "error"] } as never);
  }, [account]);
  const result = () => observer.getCurrentResult();
  return useSyncExternalStore(
    useCallback((tell: () => void) => observer.subscribe(tell), [observer]),
    result,
    result,
  ) as UseQueryResult<Shape["AccountDetail"], unknown>;
}

function useHereOf(session: Session | undefined, account: Shape["AccountDetail"] | undefined): Here | null {
  const isSignedIn = session !== undefined;
  return useMemo(() => {
    if (!account || !isSignedIn) return null;
    const may = new Set(account.permissions);
    return { account, may: (wanted) => may.has(wanted), path: (rest) => `/a/${account.id}${rest}` };
  }, [account, isSignedIn]);
}

/** The account that was looked at last is the one that the front door leads to, on every device. */
function useCurrent(account: string | null, session: Session | undefined) {
  const isCurrent = session?.accounts.some((mine) => mine.is_current && mine.account.id === account) ?? false;
  useEffect(() => {
    if (!account || isCurrent) return;
    personCall.POST("/v2/accounts/switch", { body: { account } }).then(
      () => apiOf(null).cache.invalidateQueries({ queryKey: sessionQuery.queryKey }),
      () => {}, // a comfort: nothing depends on it
    );
  }, [account, isCurrent]);
}
