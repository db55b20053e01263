import type { Stage } from "./stage";

export type Screen = { name: string; path: string; isOpen?: boolean };

/** Every screen there is, with things on it, for what is demanded of all of them. `isOpen`: one need not be signed in. */
export async function everyScreen(stage: Stage, home: string): Promise<readonly Screen[]> {
  const [source] = (await stage.ask<{ items: { id: string; connection: string }[] }>("GET", "/sources")).items;
  const [run] = (await stage.ask<{ items: { id: string }[] }>("GET", "/runs")).items;
  if (!source || !run) throw new Error("the stage has no source with a run");
  const snapshots = (await stage.ask<{ items: { id: string }[] }>("GET", `/sources/${source.id}/snapshots`)).items.map((one) => one.id);
  const [newest, older] = [snapshots[0], snapshots.at(-1)];
  const record = (await stage.ask<{ items: { key: string }[] }>("GET", `/snapshots/${newest}/streams/contacts/records?limit=1`)).items[0]
    ?.key;
  const open = ["sign-in", "sign-up", "set-up", "forgot-password", "reset-password", "verify-email", "accept-invitation"];
  const within: [string, string][] = [
    ["overview", ""],
    ["start", "/start"],
    ["report", "/report"],
    ["connections", "/connections"],
    ["connect", "/connections/new?platform=demo-crm"],
    ["connection", `/connections/${source.connection}`],
    ["sources", "/sources"],
    ["source", `/sources/${source.id}`],
    ["source-streams", `/sources/${source.id}?tab=streams`],
    ["source-schedule", `/sources/${source.id}?tab=schedule`],
    ["source-retention", `/sources/${source.id}?tab=retention`],
    ["source-settings", `/sources/${source.id}?tab=settings`],
    ["snapshots", `/sources/${source.id}/snapshots?snapshot=${newest}`],
    ["browse", `/sources/${source.id}/snapshots?snapshot=${newest}&stream=contacts`],
    ["record", `/sources/${source.id}/records?snapshot=${newest}&stream=contacts&key=${record}`],
    ["compare", `/sources/${source.id}/compare?from=${older}&to=${newest}`],
    ["runs", "/runs"],
    ["run", `/runs/${run.id}`],
    ["search", "/search?q=a"],
    ["restores", "/restores"],
    ["exports", "/exports"],
    ["files", "/files"],
    ["erasures", "/erasures"],
    ["accounts", "/accounts"],
    ["people", "/people"],
    ["api-keys", "/api-keys"],
    ["activity", "/activity"],
    ["system", "/system"],
  ];
  return [
    ...open.map((name) => ({ name, path: `/${name}`, isOpen: true })),
    ...within.map(([name, rest]) => ({ name, path: home + rest })),
    { name: "profile", path: "/me/profile" },
    { name: "security", path: "/me/security" },
    { name: "not-found", path: "/no/such/page", isOpen: true },
  ];
}
