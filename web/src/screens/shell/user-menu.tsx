"use client";

import { ChevronsUpDown, LogOut, Monitor, Moon, ShieldCheck, Sun, UserRound } from "lucide-react";
import { useContext, useEffect, useRef, useState } from "react";
import { personCall } from "@/lib/call";
import { cn } from "@/lib/cn";
import { type Language, language, useT } from "@/lib/i18n";
import { SessionContext } from "@/lib/session";
import { THEMES, useTheme } from "@/lib/theme";
import { LANGUAGES } from "@/messages/keys";
import { Link } from "@/platform/router";
import { LANGUAGE_NAMES } from "@/screens/shell/language";
import { chooseLanguage, chooseTheme } from "@/screens/shell/taste";
import { tellFailure } from "@/ui/toast";

/** Who is signed in, and what concerns them: profile, security, how the screens look, the way out. It opens in place; Escape closes it. */
export function UserMenu() {
  const t = useT();
  const session = useContext(SessionContext);
  const [isOpen, setOpen] = useState(false);
  const whole = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!isOpen) return;
    const outside = (event: Event) => !whole.current?.contains(event.target as Node) && setOpen(false);
    document.addEventListener("pointerdown", outside);
    document.addEventListener("focusin", outside);
    return () => {
      document.removeEventListener("pointerdown", outside);
      document.removeEventListener("focusin", outside);
    };
  }, [isOpen]);
  if (!session) return <div className="h-11" />;
  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: hears Escape for the controls within
    <div ref={whole} onKeyDown={(event) => event.key === "Escape" && isOpen && close()}>
      {isOpen && <Panel onGone={() => setOpen(false)} />}
      <button
        ref={button}
        type="button"
        aria-expanded={isOpen}
        aria-controls="user-menu"
        onClick={() => setOpen(!isOpen)}
        className="flex h-11 w-full min-w-0 items-center gap-2.5 rounded-md px-2 text-left hover:bg-sunken"
      >
        <span
          aria-hidden
          className="grid size-7 shrink-0 place-items-center rounded-full bg-sunken text-xs font-semibold text-muted ring-1 ring-line ring-inset"
        >
          {session.me.name.slice(0, 1).toUpperCase()}
        </span>
        <span className="min-w-0 flex-1 text-sm leading-tight">
          <span className="block truncate font-medium">{session.me.name}</span>
          <span className="block truncate text-xs text-muted">{session.me.email}</span>
        </span>
        <ChevronsUpDown aria-hidden className="size-4 shrink-0 text-muted" />
        <span className="sr-only">{t("shell.user.menu")}</span>
      </button>
    </div>
  );
}

const line = "flex h-8 w-full items-center gap-2.5 rounded-md px-2 text-sm hover:bg-sunken [&_svg]:size-4 [&_svg]:text-muted";
const THEME_ICONS = { system: Monitor, light: Sun, dark: Moon };

function Panel({ onGone }: { onGone: () => void }) {
  const t = useT();
  const theme = useTheme();
  return (
    // it makes room for itself: laid over the navigation, it would leave half a link to be hit (axe: target-size)
    <div id="user-menu" className="mb-1 rounded-lg border border-line bg-surface p-1">
      <Link href="/me/profile" className={line} onClick={onGone}>
        <UserRound aria-hidden /> {t("shell.user.profile")}
      </Link>
      <Link href="/me/security" className={line} onClick={onGone}>
        <ShieldCheck aria-hidden /> {t("shell.user.security")}
      </Link>
      <div className="my-1 border-t border-line" />
      <fieldset className="flex items-center gap-1 px-2 py-1">
        <legend className="sr-only">{t("shell.user.theme")}</legend>
        {THEMES.map((name) => {
          const Icon = THEME_ICONS[name];
          return (
            <button
              key={name}
              type="button"
              aria-pressed={theme === name}
              title={t(`shell.theme.${name}`)}
              onClick={() => chooseTheme(name)}
              className={cn(
                "grid h-7 flex-1 place-items-center rounded-md [&_svg]:size-4",
                theme === name ? "bg-accent-soft text-accent" : "text-muted hover:bg-sunken",
              )}
            >
              <Icon aria-hidden />
              <span className="sr-only">{t(`shell.theme.${name}`)}</span>
            </button>
          );
        })}
      </fieldset>
      <div className="px-2 py-1">
        <select
          aria-label={t("common.language")}
          value={language()}
          onChange={(event) => chooseLanguage(event.target.value as Language)}
          className="h-7 w-full rounded-md border border-line bg-surface px-1.5 text-[13px]"
        >
          {LANGUAGES.map((name) => (
            <option key={name} value={name} lang={name}>
              {LANGUAGE_NAMES[name]}
            </option>
          ))}
        </select>
      </div>
      <div className="my-1 border-t border-line" />
      <button type="button" className={line} onClick={() => void signOut()}>
        <LogOut aria-hidden /> {t("shell.user.signout")}
      </button>
    </div>
  );
}

/** Ends the session and leaves nothing of it behind in the browser. */
export async function signOut() {
  try {
    await personCall.POST("/v2/auth/logout");
    window.location.replace("/sign-in");
  } catch (error) {
    await tellFailure(error);
  }
}
