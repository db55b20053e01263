"use client";

import { QueryClientProvider, useQuery } from "@tanstack/react-query";
import { type ReactNode, useEffect } from "react";
import { ApiContext, apiOf } from "@/lib/api";
import { onRefusal, setCsrf } from "@/lib/call";
import { asProblem } from "@/lib/problem";
import { SessionContext } from "@/lib/session";
import { StepUp } from "@/screens/shell/step-up";
import { takeOver } from "@/screens/shell/taste";
import { Shown } from "@/ui/states";

const person = apiOf(null);

async function open() {
  const [status, me, accounts] = await Promise.all([
    person.call.GET("/v2/auth/status"),
    person.call.GET("/v2/users/me"),
    person.call.GET("/v2/users/me/accounts", { params: { query: { limit: 500 } } }),
  ]);
  if (!status.data?.user || !me.data || !accounts.data) throw new Error("not signed in");
  setCsrf(status.data.csrf_token ?? null);
  takeOver(me.data);
  return { me: me.data, accounts: accounts.data.items };
}

export const sessionQuery = {
  queryKey: ["session"],
  queryFn: open,
  staleTime: 60_000,
  retry: false,
  // the server could not be reached: the page goes on by itself as soon as it can
  refetchInterval: ({ state }: { state: { error: Error | null } }) =>
    state.error && asProblem(state.error).code === "offline" ? 4000 : false,
} as const;

/** Who sits before the screen. Who is not signed in is sent to the sign-in page and back: `isOut` until then. */
export function useSignIn() {
  const session = useQuery(sessionQuery, person.cache);
  const isOut = session.isError && "status" in session.error && session.error.status === 401;
  useEffect(() => {
    if (isOut) onRefusal.signIn();
  }, [isOut]);
  return { session, isOut };
}

/** What is within reads as the person, not as an account. */
export function AsPerson({ children }: { children: ReactNode }) {
  return (
    <QueryClientProvider client={person.cache}>
      <ApiContext value={person}>{children}</ApiContext>
    </QueryClientProvider>
  );
}

/** Lets those in who are signed in, and sends the others to the sign-in page and back. */
export function SignedIn({ children, skeleton }: { children: ReactNode; skeleton: ReactNode }) {
  const { session, isOut } = useSignIn();
  if (isOut) return skeleton;
  return (
    <AsPerson>
      <Shown query={session} skeleton={skeleton}>
        {(data) => (
          <SessionContext value={data}>
            {children}
            <StepUp />
          </SessionContext>
        )}
      </Shown>
    </AsPerson>
  );
}
