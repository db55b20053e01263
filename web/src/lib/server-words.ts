import { i18n } from "@lingui/core";
import { type Key, language, t } from "@/lib/i18n";

// What the API says is English. Its codes are stable, its sentences are made of patterns (messages/en/said.json): they are said in the reader's
// language with the same names and numbers, and everything else stays as the API said it.

type Said = { code?: string; title?: string; detail?: string; hint?: string | null; errors?: { pointer: string; message: string }[] };

/** What the build makes of messages/<language>/said.json: sentences in braces and the keys of their texts, the most exact ones first. */
export type Table = { patterns: readonly (readonly [string, string])[]; texts: Record<string, unknown> };

const tables: Record<string, () => Promise<{ default: Table }>> = { de: () => import("@/messages/said.de") };
const known = new Map<string, readonly (readonly [RegExp, Key])[]>();

/** Has the sentences of the chosen language at hand. English needs none. */
export async function learn(): Promise<void> {
  const spoken = language();
  const load = tables[spoken];
  if (!load || known.has(spoken)) return;
  const { patterns, texts } = (await load()).default;
  i18n.load(spoken, texts as never);
  known.set(
    spoken,
    patterns.map(([sentence, key]) => [patternOf(sentence), key as Key] as const),
  );
}

function patternOf(sentence: string): RegExp {
  const plain = sentence.replace(/[.*+?^$()|[\]\\/]/g, "\\$&").replace(/’/g, "[’'\"]");
  return new RegExp(`^${plain.replace(/\{(\w+)\}/g, "(?<$1>.+?)")}$`);
}

/** The sentence in the reader's language; null where it is none that is known. What is filled in may be a sentence of its own. */
export function inOurWords(text: string): string | null {
  for (const [pattern, key] of known.get(language()) ?? []) {
    const found = pattern.exec(text);
    if (found) return t(key, Object.fromEntries(Object.entries({ ...found.groups }).map(([name, part]) => [name, within(part)])));
  }
  return null;
}

const within = (part: string) => (part.includes(" ") ? (inOurWords(part)?.replace(/\.$/, "") ?? part) : part);

/** What the API said, in the reader's language as far as it is known. A hint is left out rather than said in another language than its sentence. */
export async function translated(said: Said): Promise<Said> {
  await learn();
  const key = `server.code.${said.code}` as Key;
  const title = key in i18n.messages ? t(key) : said.title;
  const errors = said.errors?.map((one) => ({ ...one, message: inOurWords(one.message) ?? one.message }));
  const detail = said.detail === said.title ? title : (ofField(said) ?? inOurWords(said.detail ?? "") ?? said.detail);
  const hint = said.hint ? inOurWords(said.hint) : null;
  return { ...said, title, detail, hint: detail === said.detail && said.detail !== said.title ? (hint ?? said.hint) : hint, errors };
}

/** "/name: is missing" is the first field's own sentence. */
function ofField({ detail, errors }: Said): string | null {
  const first = errors?.[0];
  if (!first || detail !== `${first.pointer || "the body"}${first.pointer ? ":" : ""} ${first.message}`) return null;
  const ours = inOurWords(first.message);
  return ours && `${first.pointer ? `${first.pointer}: ` : ""}${ours}`;
}
