/** A word as a shell takes it for one. */
export const quoted = (word: string) => (/^[\w.@/:-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

/** A line for a shell: what is empty or false is left out, a list says its option for each. */
export function commandOf(
  words: readonly string[],
  options: Readonly<Record<string, string | boolean | readonly string[] | null | undefined>> = {},
): string {
  const said = Object.entries(options).flatMap(([name, value]) => {
    if (!value) return [];
    return value === true ? [`--${name}`] : (typeof value === "string" ? [value] : value).map((one) => `--${name} ${quoted(one)}`);
  });
  return ["listbackup", ...words.map(quoted), ...said].join(" ");
}

/** The same request by curl, with an API key in the shell's own variable. */
export function curlOf(path: string, body?: unknown): string {
  const asked = body === undefined ? "" : ` -H "Content-Type: application/json" -d ${quoted(JSON.stringify(body))}`;
  return `curl -H "Authorization: Bearer $LISTBACKUP_KEY"${asked} ${quoted(`${window.location.origin}${path}`)}`;
}
