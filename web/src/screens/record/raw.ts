/** The text of the top member `name` of a JSON object, exactly as it was sent: JSON.parse would round large numbers. Null where it has none. */
export function rawOf(text: string, name: string): string | null {
  let at = text.indexOf("{") + 1;
  while (at > 0 && at < text.length) {
    at = past(text, at);
    const keyEnd = endOf(text, at);
    const key = text.slice(at, keyEnd);
    const from = past(text, text.indexOf(":", keyEnd) + 1);
    const to = endOf(text, from);
    if (key === JSON.stringify(name)) return text.slice(from, to);
    at = past(text, to);
    if (text[at] !== ",") return null;
    at += 1;
  }
  return null;
}

function past(text: string, at: number): number {
  while (/\s/.test(text[at] ?? "")) at += 1;
  return at;
}

/** Where the value that begins here ends. */
function endOf(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    const letter = text[at];
    if (letter === '"') {
      while (++at < text.length && text[at] !== '"') if (text[at] === "\\") at += 1;
      if (depth === 0) return at + 1;
    } else if (letter === "{" || letter === "[") depth += 1;
    else if (letter === "}" || letter === "]") {
      if (depth === 0) return at;
      depth -= 1;
      if (depth === 0) return at + 1;
    } else if (letter === "," && depth === 0) return at;
  }
  return text.length;
}

/** The same text with line breaks, its numbers and strings untouched. */
export function spread(raw: string): string {
  let out = "";
  let depth = 0;
  const line = () => `\n${"  ".repeat(depth)}`;
  for (let at = 0; at < raw.length; at++) {
    const letter = raw[at] as string;
    if (letter === '"') {
      const from = at;
      while (++at < raw.length && raw[at] !== '"') if (raw[at] === "\\") at += 1;
      out += raw.slice(from, at + 1);
    } else if (letter === "{" || letter === "[") {
      const next = past(raw, at + 1);
      if (raw[next] === "}" || raw[next] === "]") {
        out += letter + raw[next];
        at = next;
      } else {
        depth += 1;
        out += letter + line();
      }
    } else if (letter === "}" || letter === "]") {
      depth -= 1;
      out += line() + letter;
    } else if (letter === ",") out += letter + line();
    else if (letter === ":") out += ": ";
    else if (!/\s/.test(letter)) out += letter;
  }
  return out;
}
