import { type Key, t } from "@/lib/i18n";

// What the API says of a refusal is English. Its codes are stable, its sentences are made of few patterns: what stands here is said in the reader's
// language with the same names and numbers, and everything else stays as the API said it.

type Said = { code?: string; title?: string; detail?: string; hint?: string | null; errors?: { pointer: string; message: string }[] };

const CODES: ReadonlySet<string> = new Set([
  "malformed",
  "not_found",
  "method_not_allowed",
  "too_large",
  "unsupported_media_type",
  "wrong_host",
  "way_back_broken",
  "invalid",
  "rate_limited",
  "overloaded",
  "maintenance",
  "internal",
  "not_signed_in",
  "email_not_verified",
  "sign_in_refused",
  "plan_limit",
  "step_up_required",
  "mfa_required",
  "account_suspended",
  "wrong_origin",
  "too_many_tries",
  "weak_password",
  "not_allowed",
  "version_gone",
  "conflict",
  "gone",
  "not_meant",
  "busy",
  "no_space",
  "unavailable",
  "store",
  "stopping",
  "platform_unreachable",
  "platform_bad_answer",
  "platform_refused",
  "platform_gone",
  "platform_rate_limited",
  "platform_quota_reached",
  "needs_reauth",
  "platform_forbidden",
  "egress_denied",
]);

/** A sentence of the API, with names in braces where something is filled in. */
const SENTENCES: readonly (readonly [string, Key])[] = [
  ["a {noun} named '{name}' exists already", "server.said.taken"],
  ["a {noun}'s name has 1 to 100 characters and no space at its ends", "server.said.name_space"],
  ["a {noun}'s name does not begin with - and holds no @, no / and no control character", "server.said.name_signs"],
  ["a {noun}'s name must not look like an id", "server.said.name_id"],
  ["a name has 1 to 100 characters on one line", "server.said.name_line"],
  ["an account needs a name", "server.said.account_name"],
  ["an account's name has at most 100 printable characters", "server.said.account_printable"],
  ["an API key's name has 1 to 100 printable characters", "server.said.key_name"],
  ["an API key needs at least one scope", "server.said.key_scopes"],
  ["a passkey's name has 1 to 100 characters", "server.said.passkey_name"],
  ["connection '{name}' is used by {users}", "server.said.used_by"],
  ["{what} was changed by somebody else meanwhile, or its name was taken", "server.said.overtaken"],
  ["the {what} was changed by somebody else meanwhile", "server.said.changed"],
  ["the {what} is version {now} by now, not {then}", "server.said.version"],
  ["this account's plan holds {most} sub-accounts", "server.said.plan_sub"],
  ["this account's plan holds {most} {what}", "server.said.plan"],
  ["this needs the permission '{permission}'", "server.said.permission"],
  ["this reaches beyond what you may do yourself: '{permission}'", "server.said.beyond"],
  ["this is for the operator of the installation", "server.said.operator"],
  ["this is decided above the account", "server.said.above"],
  ["people come here by invitation", "server.said.invited_only"],
  ["an account has an owner at all times, and this is the last", "server.said.last_owner"],
  ["an account at the top needs an owner of its own", "server.said.top_owner"],
  ["this installation has an owner already", "server.said.has_owner"],
  ["the account has sub-accounts", "server.said.sub_accounts"],
  ["this is the installation's own account", "server.said.own_account"],
  ["an account cannot be moved under itself", "server.said.under_itself"],
  ["accounts nest at most {depth} deep", "server.said.deep"],
  ["this person belongs to the account already", "server.said.member"],
  ["this person is in the team already", "server.said.in_team"],
  ["this address has an invitation already", "server.said.invited"],
  ["an account sends at most {most} invitations an hour", "server.said.letters"],
  ["this invitation was used, taken back, or is too old", "server.said.invitation_over"],
  ["this invitation was sent to another address", "server.said.invitation_other"],
  ["the role '{name}' is given to {count}", "server.said.role_given"],
  ["this link was used already, or is too old", "server.said.link_over"],
  ["the code is not right", "server.said.code_wrong"],
  ["the code is not right, or was used already", "server.said.code_used"],
  ["the address or the password is not right", "server.said.password_wrong"],
  ["too many wrong passwords", "server.said.tries"],
  ["too many wrong codes", "server.said.codes_tries"],
  ["this is not an e-mail address", "server.said.email"],
  ["this is the address already", "server.said.email_same"],
  ["the account's policy keeps every copy of the last {days} days", "server.said.retention_floor"],
  ["the account's policy does not allow '{platform}'", "server.said.policy_platform"],
  ["an account above asks for more: {name} can be tightened here and not loosened", "server.said.policy_above"],
  ["{label} is switched off for this account", "server.said.switched_off"],
  ["{label} needs '{field}'", "server.said.needs_field"],
  ["{label} does not ask for '{field}'", "server.said.not_asked"],
  ["this account has no application at '{platform}'", "server.said.no_application"],
  ["the connection has no stream '{stream}'", "server.said.no_stream"],
  ["the snapshot has no stream '{stream}'", "server.said.no_kept_stream"],
  ["a source needs at least one stream", "server.said.one_stream"],
  ["a source has up to 50 tags of 1 to 50 printable characters without commas", "server.said.tags"],
  ["a timetable is either a cron expression or an interval", "server.said.timetable"],
  ["an interval is a whole number of minutes, at least one", "server.said.interval"],
  ["the quiet windows leave no time at all", "server.said.quiet"],
  ["'{text}' is no condition", "server.said.condition"],
  ["fields are up to {most} names, their parts joined by dots", "server.said.fields"],
  ["'{field}' says which record it is, and is not written", "server.said.key_field"],
  ["no record of this change set is as the change left it", "server.said.set_gone"],
  ["the snapshot before is gone, so nothing says how it was", "server.said.before_gone"],
  ["records without a key of their own cannot be restored one by one", "server.said.no_keys"],
  ["{count} exports are being made already", "server.said.exports"],
  ["other snapshots would go by now", "server.said.others_go"],
  ["run {run} is not over", "server.said.run_on"],
  ["{thing} is being worked on", "server.said.worked_on"],
  ["maintenance needs a reason: everybody is shown it", "server.said.reason"],
  ["Field required", "server.said.required"],
  ["String should have at least {least} character", "server.said.too_short"],
  ["String should have at least {least} characters", "server.said.too_short_many"],
  ["String should have at most {most} characters", "server.said.too_long"],
];

const HINTS: readonly (readonly [string, Key])[] = [
  ["choose another name", "server.hint.other_name"],
  ["look again and repeat", "server.hint.repeat"],
  ["read it again and repeat", "server.hint.read_again"],
  ["remove one, or take a larger plan", "server.hint.larger"],
  ["ask an owner of the account", "server.hint.ask_owner"],
  ["ask an owner of the account for it", "server.hint.ask_owner_for"],
  ["make somebody else an owner first", "server.hint.owner_first"],
  ["remove what uses it first", "server.hint.remove_first"],
  ["try again", "server.hint.again"],
  ["ask for a new one", "server.hint.once_more"],
  ["wait for one to end, or cancel one", "server.hint.wait_export"],
  ["list the change sets again", "server.hint.sets_again"],
  ["write field=value, with =, !=, <, > or ~, or a field alone", "server.hint.operators"],
];

const patterns = new Map<string, RegExp>();

function patternOf(sentence: string): RegExp {
  const known = patterns.get(sentence);
  if (known) return known;
  const plain = sentence.replace(/[.*+?^$()|[\]\\/]/g, "\\$&");
  const made = new RegExp(`^${plain.replace(/'\{(\w+)\}'/g, `['"](?<$1>.+)['"]`).replace(/\{(\w+)\}/g, "(?<$1>.+?)")}$`);
  patterns.set(sentence, made);
  return made;
}

/** The sentence in the reader's language; null where it is none that is known. */
export function inOurWords(text: string, among = SENTENCES): string | null {
  for (const [sentence, key] of among) {
    const found = patternOf(sentence).exec(text);
    if (found) return t(key, { ...found.groups });
  }
  return null;
}

/** What the API said, in the reader's language as far as it is known. A hint is left out rather than said in another language than its sentence. */
export function translated(said: Said): Said {
  const title = said.code && CODES.has(said.code) ? t(`server.code.${said.code}` as Key) : said.title;
  const detail = said.detail === said.title ? title : (inOurWords(said.detail ?? "") ?? said.detail);
  const hint = said.hint ? inOurWords(said.hint, HINTS) : null;
  return {
    ...said,
    title,
    detail,
    hint: detail === said.detail && said.detail !== said.title ? (hint ?? said.hint) : hint,
    errors: said.errors?.map((one) => ({ ...one, message: inOurWords(one.message) ?? one.message })),
  };
}
