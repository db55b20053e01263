import type { Key } from "@/lib/i18n";

const ADVICE: Record<string, Key> = {
  needs_reauth: "runs.do.needs_reauth",
  not_authorised: "runs.do.needs_reauth",
  forbidden: "runs.do.forbidden",
  refused: "runs.do.forbidden",
  rate_limited: "runs.do.rate_limited",
  quota_reached: "runs.do.quota_reached",
  unreachable: "runs.do.unreachable",
  egress_denied: "runs.do.unreachable",
  bad_answer: "runs.do.bad_answer",
  listing_contradicted: "runs.do.listing",
  total_mismatch: "runs.do.listing",
  changed_meanwhile: "runs.do.listing",
  page_shrunk: "runs.do.listing",
  child_count_mismatch: "runs.do.listing",
  deletions_unread: "runs.do.listing",
  attachment_unavailable: "runs.do.attachment",
  not_found: "runs.do.attachment",
  gone: "runs.do.attachment",
  stream_missing: "runs.do.stream_missing",
  input: "runs.do.input",
  interrupted: "runs.do.interrupted",
  needs_confirmation: "runs.do.confirm",
};
const BAD_ANSWERS =
  /^(truncated|bad_|limit_|unasked|stale|not_json|error_object|missing_|schema_drift|page_loop|empty_page|no_terminator|repeated|foreign_host)/;

/** What a person can do about a reason; for one that is not known, what always helps. */
export function adviceOn(reason: string): Key {
  const known = ADVICE[reason];
  if (known) return known;
  if (reason.startsWith("attachment")) return "runs.do.attachment";
  return BAD_ANSWERS.test(reason) ? "runs.do.bad_answer" : "runs.do.other";
}

/** Whether the way out leads over the connection. */
export const isOfConnection = (reason: string) => adviceOn(reason) === "runs.do.needs_reauth" || reason === "egress_denied";
