import { i18n } from "@lingui/core";
import { type Key, language, type t } from "@/lib/i18n";

/** Why a run is not whole, in the reader's language: English as the server said it, which names what it met; else what its stable code means. */
export function reasonSaid(say: typeof t, reason: string | null | undefined, message: string | null | undefined): string | null {
  const key = `server.reason.${reason}` as Key;
  return language() !== "en" && key in i18n.messages ? say(key) : (message ?? null);
}
