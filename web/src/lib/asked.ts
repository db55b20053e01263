declare global {
  interface Window {
    listbackupAsked?: Map<string, Promise<Response>>;
    listbackupBegun?: { account: string; at: number };
  }
}

// Longer than the app takes to open on a slow line; what nobody took by then is not handed to a screen that is opened later.
const FRESH_MS = 20_000;

/** The answer that public/start.js asked for before the app was there, if it asked this: given once, and then asked for like any other. */
export function asked({ method, url }: Request): Promise<Response> | null {
  const waiting = typeof window === "undefined" ? undefined : window.listbackupAsked;
  if (method !== "GET" || !waiting?.size) return null;
  if (performance.now() > FRESH_MS) waiting.clear();
  const { pathname, search } = new URL(url);
  const answer = waiting.get(pathname + search) ?? null;
  waiting.delete(pathname + search);
  return answer;
}

/** When public/start.js knew the newest line of the account's trail [ms], behind which it asked for what the screen shows; null where the app asked
 * by itself. */
export function begunAt(account: string): number | null {
  const begun = window.listbackupBegun;
  delete window.listbackupBegun;
  return begun?.account === account ? begun.at : null;
}
