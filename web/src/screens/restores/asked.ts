import type { Shape } from "@/lib/api";

/** What is to be restored: a whole snapshot, a stream, or some records of it. `fields` belongs to one record: only these of it are wanted. */
export type Asked = {
  source: string;
  snapshot: string;
  streams?: readonly string[];
  keys?: Readonly<Record<string, readonly string[]>>;
  fields?: readonly string[];
  /** Taken back as one, as the listing told it of `snapshot`. */
  set?: Shape["ChangeSetIn"];
};

const IN_ADDRESS = 40; // keys; more than that would make an address that some servers refuse
const PLACE = "listbackup.restore.";

/** The address of the restore's first page. A long list of keys stays in this tab's memory: only the tab's own address can find it. */
export function pathOfRestore({ source, snapshot, streams, keys, fields, set }: Asked): string {
  const query = new URLSearchParams({ source, snapshot });
  for (const field of fields ?? []) query.append("field", field);
  if (set) query.set("set", JSON.stringify(set));
  for (const stream of streams ?? []) query.append("stream", stream);
  const all = Object.entries(keys ?? {}).flatMap(([stream, some]) => some.map((key) => [stream, key] as const));
  if (all.length > IN_ADDRESS) {
    const name = crypto.randomUUID();
    sessionStorage.setItem(PLACE + name, JSON.stringify(keys));
    query.set("pick", name);
  } else for (const [stream, key] of all) query.append("record", `${encodeURIComponent(stream)} ${key}`);
  return `/restores/new?${query}`;
}

/** What an address asks for; null where a part is missing. */
export function askedOf(query: URLSearchParams): Asked | null {
  const source = query.get("source");
  const snapshot = query.get("snapshot");
  if (!source || !snapshot) return null;
  const streams = query.getAll("stream");
  const keys: Record<string, string[]> = {};
  const pick = query.get("pick");
  if (pick) {
    const kept = sessionStorage.getItem(PLACE + pick);
    if (kept === null) return null;
    Object.assign(keys, JSON.parse(kept));
  }
  for (const one of query.getAll("record")) {
    const space = one.indexOf(" ");
    const stream = decodeURIComponent(one.slice(0, space)); // a name may hold a space
    keys[stream] = [...(keys[stream] ?? []), one.slice(space + 1)];
  }
  const fields = query.getAll("field");
  const set = setOf(query.get("set"));
  return {
    source,
    snapshot,
    streams: streams.length > 0 ? streams : undefined,
    keys: Object.keys(keys).length > 0 ? keys : undefined,
    ...(fields.length > 0 ? { fields } : {}),
    ...(set ? { set } : {}),
  };
}

/** A change set out of an address: somebody may have typed it, and the API judges what it holds. */
function setOf(text: string | null): Shape["ChangeSetIn"] | null {
  try {
    const said = text === null ? null : JSON.parse(text);
    return typeof said === "object" && said !== null && typeof said.stream === "string" ? said : null;
  } catch {
    return null;
  }
}

/** The same as the API is asked. */
export const bodyOf = ({ snapshot, streams, keys, fields, set }: Asked, overwrite: boolean): Shape["RestoreIn"] => ({
  snapshot,
  ...(fields ? { fields: [...fields] } : {}),
  ...(set ? { change_set: set } : {}),
  streams: streams ? [...streams] : null, // with keys, null means no whole stream
  keys: Object.fromEntries(Object.entries(keys ?? {}).map(([stream, some]) => [stream, [...some]])),
  overwrite,
});
