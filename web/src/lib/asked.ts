declare global {
  interface Window {
    listbackupAsked?: Map<string, Promise<Response>>;
  }
}

/** The answer that public/start.js asked for before the app was there, if it asked this: given once, and then asked for like any other. */
export function asked({ method, url }: Request): Promise<Response> | null {
  const waiting = typeof window === "undefined" ? undefined : window.listbackupAsked;
  if (method !== "GET" || !waiting?.size) return null;
  const { pathname, search } = new URL(url);
  const answer = waiting.get(pathname + search) ?? null;
  waiting.delete(pathname + search);
  return answer;
}
