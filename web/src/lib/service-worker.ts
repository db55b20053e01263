// What the worker fetches to keep must not stand in the way of the first screen [ms].
const AFTER = 4000;

/** Registers the service worker of a built app, and calls back when another revision waits to take over. Gives what ends the watching. */
export function watchRevisions(onWaiting: (takeOver: () => void) => void): () => void {
  if (process.env.NODE_ENV !== "production" || !("serviceWorker" in navigator)) return () => {};
  let isGone = false;
  let registration: ServiceWorkerRegistration | null = null;
  const told = (worker: ServiceWorker) => !isGone && onWaiting(() => takeOver(worker));
  const look = () => void registration?.update().catch(() => {}); // no network: the next look will tell
  const seen = () => document.visibilityState === "visible" && look();
  const register = () =>
    navigator.serviceWorker.register("/sw.js", { updateViaCache: "none" }).then(
      (found) => {
        registration = found;
        if (found.waiting && navigator.serviceWorker.controller) told(found.waiting);
        found.addEventListener("updatefound", () => {
          const coming = found.installing;
          coming?.addEventListener("statechange", () => {
            if (coming.state === "installed" && navigator.serviceWorker.controller) told(coming);
          });
        });
      },
      () => {}, // a private window, or plain http: the app works without
    );
  const first = setTimeout(register, navigator.serviceWorker.controller ? 0 : AFTER);
  const timer = setInterval(look, 3_600_000);
  document.addEventListener("visibilitychange", seen);
  return () => {
    isGone = true;
    clearTimeout(first);
    clearInterval(timer);
    document.removeEventListener("visibilitychange", seen);
  };
}

function takeOver(worker: ServiceWorker) {
  navigator.serviceWorker.addEventListener("controllerchange", () => window.location.reload(), { once: true });
  worker.postMessage("take over");
}
