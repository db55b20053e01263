// After `next build`: writes what the servers of the pages share (out/_ui.json), the compressed files, and holds every route to its budget.
//
// _ui.json: `pages` are the addresses there are, `_` standing for any id; literal ones come first, and the first that fits wins. `scripts` are the
// hashes of each page's inline scripts, for the Content-Security-Policy. `revision` changes with every byte of the build. sw.js is the service worker.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";

const out = new URL("../out", import.meta.url).pathname;
const KIB = 1024;
const BUDGET = { script: 200 * KIB, signIn: 145 * KIB, style: 12 * KIB, html: 6 * KIB, lazy: 60 * KIB, first: 250 * KIB };

const files = (folder) =>
  readdirSync(folder).flatMap((name) => (statSync(join(folder, name)).isDirectory() ? files(join(folder, name)) : [join(folder, name)]));
const squeezed = (bytes) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
const sha256 = (text) => createHash("sha256").update(text).digest("base64");

beginWithStart();
compileAhead();
const all = files(out).filter((file) => !file.endsWith(".br") && !["_ui.json", "_weights.json", "sw.js"].includes(basename(file)));
const sizes = {};
const revision = createHash("sha256");
for (const file of all.sort()) {
  const bytes = readFileSync(file);
  revision.update(relative(out, file)).update(bytes);
  const small = squeezed(bytes);
  sizes[`/${relative(out, file)}`] = small.length;
  if (small.length < bytes.length * 0.95) writeFileSync(`${file}.br`, small);
}

const rank = (page) =>
  page
    .split("/")
    .map((part) => (part === "_" ? "~" : part))
    .join("/");
const addresses = Object.keys(sizes)
  .filter((name) => name.endsWith(".html"))
  .map((name) => name.replace(/(\/index)?\.html$/, "") || "/");
const pages = addresses.filter((page) => !["/404", "/_not-found"].includes(page)).sort((one, other) => (rank(one) < rank(other) ? -1 : 1));

const scripts = {};
const atOnce = new Set(); // scripts that some page loads with itself
const weights = {};
const over = [];
for (const page of addresses) {
  const html = readFileSync(join(out, page === "/" ? "index.html" : `${page.slice(1)}.html`), "utf8");
  scripts[page] = [...html.matchAll(/<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g)].map((found) => `sha256-${sha256(found[1])}`);
  const named = (pattern) => [...new Set([...html.matchAll(pattern)].map((found) => found[1]))];
  const weigh = (names) => names.reduce((sum, name) => sum + (sizes[name] ?? 0), 0);
  const own = named(/<script(?![^>]*noModule)[^>]*\ssrc="([^"]+)"/gi);
  for (const name of own) atOnce.add(name);
  const script = weigh(own);
  const style = weigh(named(/<link rel="stylesheet" href="([^"]+)"/g));
  weights[page] = { script, style, html: squeezed(Buffer.from(html)).length };
  const limit = page === "/sign-in" ? BUDGET.signIn : BUDGET.script;
  if (script > limit) over.push(`${page}: ${kib(script)} of scripts, ${kib(limit)} allowed`);
  if (style > BUDGET.style) over.push(`${page}: ${kib(style)} of styles, ${kib(BUDGET.style)} allowed`);
  if (weights[page].html > BUDGET.html) over.push(`${page}: ${kib(weights[page].html)} of HTML, ${kib(BUDGET.html)} allowed`);
}
for (const [page, { script, style, html }] of Object.entries(weights))
  if (script + style + html > BUDGET.first)
    over.push(`${page}: ${kib(script + style + html)} on the first visit, ${kib(BUDGET.first)} allowed`);
for (const [file, size] of Object.entries(sizes))
  if (file.endsWith(".js") && file.startsWith("/_next/") && !atOnce.has(file) && size > BUDGET.lazy)
    over.push(`${file}: ${kib(size)} loaded later, ${kib(BUDGET.lazy)} allowed`);
const name = revision.digest("hex").slice(0, 16);
writeFileSync(join(out, "_ui.json"), JSON.stringify({ revision: name, pages, scripts }));
writeServiceWorker();

writeFileSync(join(out, "_weights.json"), JSON.stringify(weights));
for (const [page, { script, style, html }] of Object.entries(weights).sort((one, other) => other[1].script - one[1].script))
  console.log(`${kib(script)} script  ${kib(style)} style  ${kib(html)} html  ${page}`);
if (over.length > 0) {
  console.error(`over budget (brotli):\n${over.join("\n")}`);
  process.exit(1);
}

// public/start.js stands in the page itself, ahead of its stylesheet: a script behind that would wait for it, and a file would wait for a free connection
// beside a dozen other scripts, and nothing is painted before it. The policy knows it by its hash.
function beginWithStart() {
  const start = readFileSync(new URL("../public/start.js", import.meta.url), "utf8")
    .replace(/^\s*\/\/.*\n/gm, "")
    .replace(/\n\s*/g, "\n")
    .trim();
  for (const file of files(out).filter((name) => name.endsWith(".html"))) {
    const html = readFileSync(file, "utf8");
    const charset = '<meta charSet="utf-8"/>';
    if (!html.includes(start))
      writeFileSync(
        file,
        html.replace(charset, () => `${charset}<script>${start}</script>`),
      );
  }
  for (const ending of ["", ".br"]) rmSync(join(out, `start.js${ending}`), { force: true });
}

// Nearly every function of a page's scripts runs while it opens. V8 reads each twice, the second time on the main thread, unless a file says at its
// top that they are all called (docs/decisions/0400-scripts-are-compiled-ahead.md); to other engines it is a comment.
function compileAhead() {
  const hint = "//# allFunctionsCalledOnLoad\n";
  for (const file of files(join(out, "_next/static")).filter((name) => name.endsWith(".js"))) {
    const script = readFileSync(file, "utf8");
    if (!script.startsWith(hint)) writeFileSync(file, hint + script);
  }
}

// What opens without a network: the pages, their scripts and styles; not what Next fetches to go from page to page, for it falls back to the page.
function writeServiceWorker() {
  const shell = Object.keys(sizes).filter((file) => !file.endsWith(".txt") && !file.startsWith("/_not-found"));
  const text = readFileSync(new URL("sw.js", import.meta.url), "utf8")
    .replace("__REVISION__", name)
    .replace("__PAGES__", JSON.stringify(pages))
    .replace("__SHELL__", JSON.stringify(shell));
  writeFileSync(join(out, "sw.js"), text);
  writeFileSync(join(out, "sw.js.br"), squeezed(Buffer.from(text)));
}

function kib(bytes) {
  return `${(bytes / KIB).toFixed(1).padStart(6)} KiB`;
}
