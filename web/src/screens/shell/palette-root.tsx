"use client";

import { CircleHelp, Clock, DatabaseBackup, Languages, LogOut, Plug, ShieldCheck, SunMoon, UserPlus, UserRound } from "lucide-react";
import { useContext } from "react";
import { useT } from "@/lib/i18n";
import { HereContext } from "@/lib/session";
import { useGo } from "@/platform/router";
import { ENTRIES } from "@/screens/shell/entries";
import { overlay } from "@/screens/shell/overlays";
import type { PageProps } from "@/screens/shell/palette";
import { AccountItems } from "@/screens/shell/palette-accounts";
import { FurtherActs } from "@/screens/shell/palette-acts";
import { SourceItems } from "@/screens/shell/palette-sources";
import { signOut } from "@/screens/shell/user-menu";
import { CommandGroup, CommandItem } from "@/ui/command";

/** Acts, screens, and as soon as something is typed sources and accounts by name. */
export function RootItems({ typed, onPage, onClose }: PageProps) {
  const t = useT();
  const go = useGo();
  const here = useContext(HereContext);
  const to = (href: string) => () => {
    onClose();
    go.to(href);
  };
  return (
    <>
      <CommandGroup title={t("palette.acts")}>
        {here?.may("runs:execute") && (
          <CommandItem id="backup" name={t("palette.backup")} icon={<DatabaseBackup aria-hidden />} onChoose={() => onPage("backup")} />
        )}
        {here?.may("content:read") && (
          <CommandItem id="time" name={t("palette.time")} icon={<Clock aria-hidden />} onChoose={() => onPage("time")} />
        )}
        {here?.may("connections:manage") && (
          <CommandItem id="connect" name={t("palette.connect")} icon={<Plug aria-hidden />} onChoose={to(here.path("/connections/new"))} />
        )}
        {here?.may("members:manage") && (
          <CommandItem
            id="invite"
            name={t("palette.invite")}
            icon={<UserPlus aria-hidden />}
            onChoose={to(here.path("/people?invite=1"))}
          />
        )}
        {here && typed !== "" && <FurtherActs onClose={onClose} />}
      </CommandGroup>
      {here && (
        <CommandGroup title={t("palette.screens")}>
          {ENTRIES.flat()
            .filter((entry) => here.may(entry.needs))
            .map(({ to: rest, name, icon: Icon, key }) => (
              <CommandItem
                key={name}
                id={name}
                name={t(name)}
                icon={<Icon aria-hidden />}
                keys={`g ${key}`}
                onChoose={to(here.path(rest))}
              />
            ))}
        </CommandGroup>
      )}
      {here && typed !== "" && <SourceItems onClose={onClose} />}
      {typed !== "" && <AccountItems onClose={onClose} />}
      <CommandGroup title={t("palette.you")}>
        <CommandItem id="profile" name={t("shell.user.profile")} icon={<UserRound aria-hidden />} onChoose={to("/me/profile")} />
        <CommandItem id="security" name={t("shell.user.security")} icon={<ShieldCheck aria-hidden />} onChoose={to("/me/security")} />
        <CommandItem id="theme" name={t("palette.theme")} icon={<SunMoon aria-hidden />} onChoose={() => onPage("theme")} />
        <CommandItem
          id="language"
          name={t("palette.language")}
          keywords={["language", "sprache"]}
          icon={<Languages aria-hidden />}
          onChoose={() => onPage("language")}
        />
        <CommandItem
          id="keys"
          name={t("palette.keys.title")}
          keys="?"
          icon={<CircleHelp aria-hidden />}
          onChoose={() => overlay.open("shortcuts")}
        />
        <CommandItem id="out" name={t("shell.user.signout")} icon={<LogOut aria-hidden />} onChoose={() => void signOut()} />
      </CommandGroup>
    </>
  );
}
