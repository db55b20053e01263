// Completes package-lock.json: npm leaves out the builds of a package for systems that the registry at hand does not carry, and `npm ci` then refuses
// the file everywhere. Run after `npm install`.
import { readFileSync, writeFileSync } from "node:fs";

const file = new URL("../package-lock.json", import.meta.url);
const lock = JSON.parse(readFileSync(file, "utf8"));
const known = new Set(Object.keys(lock.packages).map((path) => path.split("node_modules/").pop()));
const SYSTEMS = ["android", "darwin", "freebsd", "linux", "win32"];
const PROCESSORS = ["arm64", "x64", "arm", "wasm32"];

for (const part of Object.values(lock.packages))
  for (const [name, version] of Object.entries(part.optionalDependencies ?? {})) {
    if (known.has(name) || !/^\d/.test(version)) continue;
    const words = name.split("-");
    const named = (all) => all.filter((one) => words.includes(one)).slice(0, 1);
    lock.packages[`node_modules/${name}`] = {
      version,
      cpu: named(PROCESSORS),
      dev: part.dev,
      license: part.license,
      optional: true,
      os: named(SYSTEMS),
    };
    known.add(name);
  }
const sorted = Object.entries(lock.packages).sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0));
lock.packages = Object.fromEntries(sorted);
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
