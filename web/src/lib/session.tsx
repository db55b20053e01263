"use client";

import { createContext, useContext } from "react";
import type { Shape } from "@/lib/api";

/** Who sits before the screen. */
export type Session = { me: Shape["Me"]; accounts: readonly Shape["MyAccount"][] };
export const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error("only screens behind the sign-in have a session");
  return session;
}

/** The account that the address names, and what the person may do in it. */
export type Here = { account: Shape["AccountDetail"]; may: (permission: Shape["Permission"]) => boolean; path: (rest: string) => string };
export const HereContext = createContext<Here | null>(null);

/** `here.may("sources:manage")` decides whether an act is shown; `here.path("/sources")` is an address within the account. */
export function useHere(): Here {
  const here = useContext(HereContext);
  if (!here) throw new Error("only screens under /a/<account> are in an account");
  return here;
}
