// A platform's sign-in page sends people back to one address of the app, whatever account they came from: where they were is remembered in this tab.
const KEPT = "listbackup.trip";

type Trip = { account: string; back: string };

/** Remembers where somebody leaves from. */
export function leave(account: string, back: string, url: string) {
  sessionStorage.setItem(KEPT, JSON.stringify({ account, back } satisfies Trip));
  window.location.assign(url);
}

/** Where they left from; it stays until the next trip, for the page may be loaded again. */
export function trip(): Trip | null {
  const kept: unknown = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
  if (!kept || typeof kept !== "object" || !("account" in kept) || !("back" in kept)) return null;
  const { account, back } = kept;
  const isOurs = typeof account === "string" && typeof back === "string" && /^\/(?![/\\])/.test(back);
  return isOurs ? { account, back } : null;
}
