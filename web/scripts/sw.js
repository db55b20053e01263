// The service worker: makes the app's shell open without a network, and nothing else. What the API says is never kept, so nothing old can be shown
// as fresh. postbuild.mjs puts the build in: REVISION, PAGES (as in _ui.json) and SHELL, the files to keep.
const REVISION = "__REVISION__";
const PAGES = __PAGES__;
const SHELL = __SHELL__;

const STATIC = "listbackup-static"; // named by content: kept from one revision to the next
const PAGE = `listbackup-pages-${REVISION}`;
const isNamedByContent = (path) => path.startsWith("/_next/static/");
const fileOf = (page) => (page === "/" ? "/index.html" : `${page}.html`);

self.addEventListener("install", (event) => event.waitUntil(keep()));
self.addEventListener("activate", (event) => event.waitUntil(clean()));
self.addEventListener("message", (event) => {
  if (event.data === "take over") self.skipWaiting();
});

async function keep() {
  const [fixed, pages] = await Promise.all([caches.open(STATIC), caches.open(PAGE)]);
  const missing = [];
  for (const path of SHELL.filter(isNamedByContent)) if (!(await fixed.match(path))) missing.push(path);
  await fixed.addAll(missing);
  await pages.addAll(SHELL.filter((path) => !isNamedByContent(path)).map((path) => new Request(path, { cache: "no-cache" })));
}

async function clean() {
  for (const name of await caches.keys()) if (name.startsWith("listbackup-") && name !== STATIC && name !== PAGE) await caches.delete(name);
  const fixed = await caches.open(STATIC);
  for (const request of await fixed.keys()) if (!SHELL.includes(new URL(request.url).pathname)) await fixed.delete(request);
  await self.clients.claim();
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin || pathname.startsWith("/v2/") || pathname.startsWith("/.well-known/"))
    return;
  if (isNamedByContent(pathname)) event.respondWith(fromCache(request));
  else if (request.mode === "navigate") event.respondWith(page(request, pathname));
  else if (SHELL.includes(pathname)) event.respondWith(fetch(request).catch(() => kept(pathname)));
});

async function fromCache(request) {
  return (await caches.match(request, { ignoreVary: true })) ?? fetch(request);
}

// the network first: who is online gets the newest page
async function page(request, pathname) {
  try {
    return await fetch(request);
  } catch {
    return kept(fileOf(pageOf(pathname) ?? "/404"));
  }
}

async function kept(path) {
  return (await caches.match(path, { ignoreVary: true })) ?? Response.error();
}

// part by part, `_` fits anything; literal pages stand first
function pageOf(path) {
  const asked = (path.length > 1 ? path.replace(/\/$/, "") : path).split("/");
  return PAGES.find((one) => {
    const parts = one.split("/");
    return parts.length === asked.length && parts.every((part, at) => part === asked[at] || (part === "_" && asked[at] !== ""));
  });
}
