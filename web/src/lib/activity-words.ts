import type { Key, useT } from "@/lib/i18n";
import "@/messages/en/activity";

type T = ReturnType<typeof useT>;

export const NOUNS = [
  "account",
  "activity",
  "api_key",
  "connection",
  "copy",
  "dead_letter",
  "download",
  "erasure",
  "export",
  "hook",
  "integration",
  "invitation",
  "job",
  "letter",
  "maintenance",
  "member",
  "restore",
  "role",
  "run",
  "source",
  "source_group",
  "system",
  "team",
] as const;
const OTHER_NOUNS = [
  "bill",
  "passkey",
  "person",
  "session",
  "setup",
  "user",
  "snapshot",
  "content",
  "record",
  "retention",
  "verification",
  "file",
];
const KNOWN_NOUNS = new Set<string>([...NOUNS, ...OTHER_NOUNS]);
const VERBS = new Set(
  "accepted added asked begun cancelled cancel_requested changed code_shown consent_required created declined deleted disabled enabled ended expired exported failed interrupted left limits_set login_required mfa_begun mfa_enabled mfa_removed moved needs_reauth offered opened partial password_changed password_reset paused person_added person_removed planned policy_set proved queued reconnected recovery_codes_renewed redriven registered removed renamed restored resumed revoked role_changed role_given role_taken rotated secrets_rotated sent_again sessions_ended settings_changed shredded sign_in_begun started sub_account_created succeeded suspended suspicious switched_to tested trashed updated reverted viewed read on off verified".split(
    " ",
  ),
);

/** A line's action in words, "API key · created"; what has no word yet is shown as the API says it. */
export function actionWord(t: T, action: string): string {
  const parts = action.split(":");
  const [noun, verb] = parts.length > 2 ? parts.slice(1) : parts;
  const named = noun && KNOWN_NOUNS.has(noun) ? t(`activity.noun.${noun}` as Key) : plain(noun);
  const done = verb && VERBS.has(verb) ? t(`activity.verb.${verb}` as Key) : plain(verb);
  return done ? `${named} · ${done}` : named;
}

const plain = (code: string | undefined) => (code ?? "").replaceAll("_", " ");

/** Whether the action tells of something that went wrong. */
export const isTrouble = (action: string) =>
  /:(failed|suspicious|refused|needs_reauth|renewal_lost|renewal_refused|reuse_detected|declined)$/.test(action);

const WHO: Record<string, Key> = { cli: "activity.who.cli", scheduler: "activity.who.scheduler", worker: "activity.who.worker" };

/** Who did it: a person's name where it is known, else what it is. */
export function actorWord(t: T, actor: string, names: ReadonlyMap<string, string>): string {
  const word = WHO[actor];
  if (word) return t(word);
  if (actor.startsWith("key_")) return t("activity.who.key", { id: actor.slice(4) });
  return names.get(actor) ?? actor;
}
