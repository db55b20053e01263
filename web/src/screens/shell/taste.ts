import { personCall } from "@/lib/call";
import { setZone } from "@/lib/format";
import { type Language, speak, wasLanguageChosen } from "@/lib/i18n";
import type { Session } from "@/lib/session";
import { isThemeChosen, show, type Theme } from "@/lib/theme";
import { LANGUAGES } from "@/messages/keys";

/** How the person likes the screens, kept on this device at once and with the person for other devices. */
export function chooseTheme(wanted: Theme) {
  show(wanted);
  keep({ theme: wanted });
}

export function chooseLanguage(wanted: Language) {
  void speak(wanted);
  keep({ locale: wanted });
}

function keep(settings: { theme?: Theme; locale?: string }) {
  void personCall.PATCH("/v2/users/me/settings", { body: settings }).catch(() => {}); // this device has it; the profile says when keeping fails
}

/** What the person chose elsewhere holds here too, until something else is chosen on this device. */
export function takeOver({ settings }: Session["me"]) {
  if (settings.theme && settings.theme !== "system" && !isThemeChosen()) show(settings.theme);
  const locale = settings.locale?.slice(0, 2) as Language | undefined;
  if (locale && locale !== "en" && LANGUAGES.includes(locale) && !wasLanguageChosen()) void speak(locale, false);
  setZone(zoneOf(settings.time_zone));
}

/** "UTC" is what nobody has chosen yet: then the device's own zone holds. Who wants UTC chooses Etc/UTC. */
export const zoneOf = (kept: string | undefined) => (!kept || kept === "UTC" ? null : kept);
