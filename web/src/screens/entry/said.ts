import { type Key, language, t } from "@/lib/i18n";
import { Problem } from "@/lib/problem";

const WORDS: Partial<Record<string, Key>> = {
  offline: "entry.wrong.offline",
  email_not_verified: "entry.wrong.unverified",
  sign_in_refused: "entry.wrong.refused",
  not_signed_in: "entry.wrong.refused",
  too_many_tries: "entry.wrong.tries",
  rate_limited: "entry.wrong.tries",
  overloaded: "entry.wrong.busy",
  link_over: "entry.wrong.link",
  gone: "entry.wrong.gone",
  not_meant: "entry.wrong.notmeant",
};

/** A refusal in the reader's words: ours where we have some, else what the API said and advises. */
export function saidOf(problem: Problem): string {
  const key = WORDS[problem.code];
  if (key === "entry.wrong.tries" && problem.retryAfter) return t("entry.wrong.wait", { seconds: problem.retryAfter });
  if (key) return t(key);
  return sentences(problem.message || problem.title, problem.hint);
}

/** What is wrong with a password that the API would not take. */
export function weakness(problem: Problem | null): string | null {
  if (problem?.code !== "weak_password") return null;
  return language() === "en" ? sentences(problem.message, problem.hint) : t("entry.wrong.weak");
}

const sentences = (...parts: (string | null)[]) =>
  parts
    .filter((part): part is string => Boolean(part))
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1).replace(/\.?$/, "."))
    .join(" ");

/** A refusal of a letter's link: it was used, is too old, or lost its end. */
export const linkProblem = (problem: Problem | null): Problem | null =>
  problem?.code === "sign_in_refused" ? new Problem({ code: "link_over", status: problem.status }) : problem;
