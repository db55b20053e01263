import {
  Activity,
  Building2,
  Database,
  FileDown,
  Files,
  KeyRound,
  LayoutDashboard,
  Plug,
  RotateCcw,
  Search,
  ServerCog,
  Users,
} from "lucide-react";
import type { Key } from "@/lib/i18n";
import type { Here } from "@/lib/session";

export type Entry = {
  to: string;
  name: Key;
  icon: typeof Activity;
  /** Without this permission it is not shown. */
  needs: Parameters<Here["may"]>[0];
  /** Pressed after `g`, it leads there. */
  key: string;
};

/** The screens of an account: first its data, then the account itself. */
export const ENTRIES: readonly (readonly Entry[])[] = [
  [
    { to: "", name: "shell.nav.overview", icon: LayoutDashboard, needs: "sources:read", key: "o" },
    { to: "/sources", name: "shell.nav.sources", icon: Database, needs: "sources:read", key: "s" },
    { to: "/connections", name: "shell.nav.connections", icon: Plug, needs: "connections:read", key: "c" },
    { to: "/search", name: "shell.nav.search", icon: Search, needs: "content:read", key: "f" },
    { to: "/restores", name: "shell.nav.restores", icon: RotateCcw, needs: "restores:read", key: "r" },
    { to: "/exports", name: "shell.nav.exports", icon: FileDown, needs: "exports:create", key: "e" },
    { to: "/files", name: "shell.nav.files", icon: Files, needs: "content:read", key: "i" },
  ],
  [
    { to: "/activity", name: "shell.nav.activity", icon: Activity, needs: "activity:read", key: "a" },
    { to: "/accounts", name: "shell.nav.accounts", icon: Building2, needs: "accounts:read", key: "t" },
    { to: "/people", name: "shell.nav.people", icon: Users, needs: "members:read", key: "p" },
    { to: "/api-keys", name: "shell.nav.keys", icon: KeyRound, needs: "api-keys:manage", key: "k" },
    { to: "/system", name: "shell.nav.system", icon: ServerCog, needs: "system:operate", key: "y" },
  ],
];

/** The same screen in another account: a thing of this account is not there, the list it stands in is. */
export function counterpart(path: string, account: string): string {
  const [, a, , first] = path.split("/");
  const isScreen = a === "a" && ENTRIES.flat().some((entry) => entry.to === `/${first}`);
  return `/a/${account}${isScreen ? `/${first}` : ""}`;
}
