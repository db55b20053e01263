"use client";

import { Building2, Check } from "lucide-react";
import { useContext } from "react";
import { apiOf } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { HereContext } from "@/lib/session";
import { useGo } from "@/platform/router";
import { counterpart } from "@/screens/shell/entries";
import { CommandGroup, CommandItem } from "@/ui/command";

const person = apiOf(null);

/** Every account that one reaches, with what it hangs below; choosing one stays on the same screen where it can. */
export function AccountItems({ onClose }: { onClose: () => void }) {
  const t = useT();
  const go = useGo();
  const here = useContext(HereContext);
  const accounts = person.use.useQuery("get", "/v2/accounts", { params: { query: { limit: 500 } } }, { staleTime: 60_000 }, person.cache);
  const items = accounts.data?.items ?? [];
  const names = new Map(items.map((one) => [one.id, one.name]));
  if (items.length === 0) return null;
  const enter = (account: string) => {
    onClose();
    if (account !== here?.account.id) go.to(counterpart(window.location.pathname, account));
  };
  return (
    <CommandGroup title={t("palette.accounts")}>
      {items.map((one) => (
        <CommandItem
          key={one.id}
          id={one.id}
          name={one.name}
          icon={one.id === here?.account.id ? <Check aria-hidden /> : <Building2 aria-hidden />}
          about={one.parent ? names.get(one.parent) : undefined}
          onChoose={() => enter(one.id)}
        />
      ))}
    </CommandGroup>
  );
}
