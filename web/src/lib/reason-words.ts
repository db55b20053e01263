import { type Key, language, type t } from "@/lib/i18n";

const KNOWN: ReadonlySet<string> = new Set(
  "needs_reauth not_authorised forbidden refused rate_limited quota_reached unreachable egress_denied bad_answer listing_contradicted total_mismatch changed_meanwhile page_shrunk child_count_mismatch deletions_unread attachment_unavailable not_found gone stream_missing input interrupted needs_confirmation cancelled crashes quiet busy out_of_space key_unavailable newer_format damaged store backend conflict internal".split(
    " ",
  ),
);

/** Why a run is not whole, in the reader's language: English as the server said it, which names what it met; else what its stable code means. */
export function reasonSaid(say: typeof t, reason: string | null | undefined, message: string | null | undefined): string | null {
  if (language() !== "en" && reason && KNOWN.has(reason)) return say(`server.reason.${reason}` as Key);
  return message ?? null;
}
