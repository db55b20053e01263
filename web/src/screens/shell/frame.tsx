"use client";

import { Menu as MenuIcon, Search, X } from "lucide-react";
import { type ReactNode, useCallback, useContext, useEffect, useRef, useState } from "react";
import { cn } from "@/lib/cn";
import { useT } from "@/lib/i18n";
import { HereContext } from "@/lib/session";
import { usePath } from "@/platform/params";
import { AccountButton } from "@/screens/shell/account-button";
import { LiveSign } from "@/screens/shell/live-sign";
import { MfaHint } from "@/screens/shell/mfa-hint";
import { Navigation } from "@/screens/shell/navigation";
import { OfflineBanner } from "@/screens/shell/offline-banner";
import { Overlays, overlay, useShortcutName } from "@/screens/shell/overlays";
import { UpdatePrompt } from "@/screens/shell/update-prompt";
import { UserMenu } from "@/screens/shell/user-menu";
import { Button } from "@/ui/button";

/** What is around every screen: account and navigation on the left (behind a button on narrow screens), the screen on the right. `nav` stands in
 * for the navigation of an account. */
export function Frame({ nav, children }: { nav?: ReactNode; children: ReactNode }) {
  const t = useT();
  const here = useContext(HereContext);
  const path = usePath();
  const [isOpen, setOpen] = useState(false);
  const main = useRef<HTMLElement>(null);
  const close = useCallback(() => setOpen(false), []);
  useArrival(path, main, close);
  useEffect(() => {
    if (!isOpen) return;
    const press = (event: KeyboardEvent) => event.key === "Escape" && close();
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, [isOpen, close]);
  return (
    <div className="min-h-dvh lg:grid lg:grid-cols-[15.5rem_minmax(0,1fr)] print:block">
      <a
        href="#main"
        className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded-md focus:bg-surface focus:px-3 focus:py-2"
      >
        {t("shell.skip")}
      </a>
      <header className="sticky top-0 z-30 flex h-12 items-center gap-2 border-b border-line bg-surface px-2 lg:hidden" data-print="no">
        <Button
          kind="quiet"
          size="icon"
          aria-label={t("shell.menu")}
          aria-expanded={isOpen}
          aria-controls="nav"
          onClick={() => setOpen(!isOpen)}
        >
          {isOpen ? <X aria-hidden /> : <MenuIcon aria-hidden />}
        </Button>
        <span className="min-w-0 flex-1 truncate text-sm font-semibold">{here?.account.name ?? "ListBackup"}</span>
        {here && (
          <Button kind="quiet" size="icon" aria-label={t("shell.palette.open")} onClick={() => overlay.open("palette")}>
            <Search aria-hidden />
          </Button>
        )}
      </header>
      <aside
        id="nav"
        data-print="no"
        className={cn(
          "border-line bg-surface lg:sticky lg:top-0 lg:flex lg:h-dvh lg:flex-col lg:border-r",
          isOpen ? "fixed inset-x-0 top-12 bottom-0 z-30 flex flex-col lg:static lg:inset-auto" : "hidden",
        )}
      >
        <div className="grid gap-2 p-3 pb-1">
          <AccountButton />
          {here ? <PaletteButton /> : nav === undefined && <div className="h-8" />}
        </div>
        <div className="min-h-0 flex-1 overflow-y-auto">{nav ?? <Navigation />}</div>
        <div className="border-t border-line p-2">
          <MfaHint />
          <LiveSign />
          <UserMenu />
        </div>
      </aside>
      <div className="min-w-0">
        <OfflineBanner />
        <main id="main" ref={main} tabIndex={-1} className="min-w-0 outline-none">
          {children}
        </main>
      </div>
      <Overlays />
      <UpdatePrompt />
    </div>
  );
}

/** Going elsewhere closes the navigation and leads the keyboard to the new screen, unless it is at work in a part that stayed. */
function useArrival(path: string, main: { current: HTMLElement | null }, close: () => void) {
  const before = useRef(path);
  useEffect(() => {
    if (before.current === path) return;
    before.current = path;
    close();
    if (!main.current?.contains(document.activeElement)) main.current?.focus({ preventScroll: true });
  }, [path, main, close]);
}

function PaletteButton() {
  const t = useT();
  const keys = useShortcutName();
  return (
    <button
      type="button"
      onClick={() => overlay.open("palette")}
      onPointerEnter={overlay.prepare}
      className="flex h-8 w-full items-center gap-2 rounded-md border border-line bg-ground px-2.5 text-[13px] text-muted hover:border-line-strong hover:text-ink"
    >
      <Search aria-hidden className="size-3.5" />
      <span className="min-w-0 flex-1 truncate text-left">{t("shell.palette.open")}</span>
      <kbd className="shrink-0 font-sans text-xs pointer-coarse:hidden">{keys}</kbd>
    </button>
  );
}
