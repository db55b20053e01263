import type { Key } from "@/lib/i18n";
import type { Guarded } from "@/screens/accounts/queries";
import type { Tone } from "@/ui/badge";

export const VERDICTS = ["unprotected", "attention", "empty", "protected"] as const;
export type Verdict = (typeof VERDICTS)[number];

export const TONES: Record<Verdict, Tone> = { unprotected: "bad", attention: "warn", empty: "plain", protected: "good" };
export const WORDS: Record<Verdict, Key> = {
  unprotected: "accounts.verdict.unprotected",
  attention: "accounts.verdict.attention",
  empty: "accounts.verdict.empty",
  protected: "accounts.verdict.protected",
};

/** The worst first: whose target passed longest ago; then who never had a snapshot; then what endangers the next one; last what is well. */
export function worstFirst(one: Guarded, other: Guarded): number {
  return (
    VERDICTS.indexOf(one.verdict) - VERDICTS.indexOf(other.verdict) ||
    since(one) - since(other) ||
    other.never + other.late + other.attention - (one.never + one.late + one.attention) ||
    one.name.localeCompare(other.name)
  );
}

const since = (one: Guarded) => (one.late_since ? Date.parse(one.late_since) : Number.POSITIVE_INFINITY);

/** Why an account stands where it stands, the gravest first: a key and what fills it. */
export function reasons(one: Guarded): readonly { key: Key; values?: Record<string, number> }[] {
  const found: { key: Key; values?: Record<string, number> }[] = [];
  const say = (key: Key, count: number) => count > 0 && found.push({ key, values: { count } });
  say("accounts.why.never", one.never);
  say("accounts.why.late", one.late);
  say("accounts.why.attention", one.attention);
  say("accounts.why.incomplete", one.incomplete);
  say("accounts.why.unscheduled", one.unscheduled);
  if (one.sources === 0) found.push({ key: one.connections > 0 ? "accounts.why.no_sources" : "accounts.why.nothing" });
  return found;
}
