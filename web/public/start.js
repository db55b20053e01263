// Runs before the first paint, ahead of the app: shows the chosen theme, and asks what a screen behind the sign-in begins with, so that the answers
// come while the app is still being loaded. lib/asked.ts takes them. Whoever is sent away from the screen or may not read something was asked for in
// vain: what the reader lacks is remembered (screens/shell/hearing.ts).
(() => {
  const theme = localStorage.getItem("listbackup.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  const [, area, account, ...rest] = location.pathname.split("/");
  if (area !== "a" && area !== "me") return;
  const asked = new Map();
  window.listbackupAsked = asked;
  const keep = (path, answer) => {
    answer.catch(() => {}); // whoever takes it hears of it
    asked.set(path, answer);
    return answer;
  };
  for (const path of ["/v2/auth/status", "/v2/users/me", "/v2/users/me/accounts?limit=500"]) keep(path, fetch(path));
  if (area !== "a" || !account) return;
  const lacks = (localStorage.getItem(`listbackup.lacks.${account}`) ?? "").split(" ");
  const ask = (path, priority) => fetch(path, { headers: { "X-Account-Id": account }, priority });
  keep(`/v2/accounts/${account}`, ask(`/v2/accounts/${account}`));
  // What the screen shows is read behind the newest line of the account's trail, from which on the stream of events tells what changes
  // (screens/shell/live.tsx): so it need not be read again. Who is not signed in is told so by that one answer.
  const newest = "/v2/activity?limit=1";
  const line = lacks.includes("activity:read") ? Promise.resolve() : keep(newest, ask(newest));
  const refused = line.then(
    (answer) => {
      window.listbackupBegun = { account, at: Date.now() };
      return answer?.status === 401 ? answer.clone() : null;
    },
    () => null,
  );
  const query = new URLSearchParams(location.search);
  for (const [path, permission] of ofScreen(rest, query))
    if (!lacks.includes(permission))
      keep(
        path,
        refused.then((answer) => answer?.clone() ?? ask(path, "low")),
      );
  // The first number or moment that a page formats costs some 20 ms, for what is known of languages is loaded then: now, while the network is waited
  // for, and not within the screen's first render.
  new Intl.NumberFormat("en").format(0);

  // What the screens that many begin with ask first, with what one must be allowed to: demanded by tests/quality.spec.ts to be taken.
  function ofScreen([part, source, of], { size }) {
    const known = [
      ["/v2/connections?limit=500", "connections:read"],
      ["/v2/jobs?limit=500", "jobs:read"],
      ["/v2/runs?limit=200", "runs:read"],
    ];
    if (!part)
      return [
        ["/v2/sources?limit=500", "sources:read"],
        ["/v2/snapshots?newest=30&limit=100", "snapshots:read"],
        ...known,
        [`/v2/accounts/${account}/protection?limit=200`, "accounts:read"],
        [`/v2/accounts/${account}/usage`, "accounts:read"],
      ];
    if (part !== "sources" || !source?.startsWith("src_")) return [];
    const one = [`/v2/sources/${source}`, "sources:read"];
    if (!of)
      return [
        one,
        [`/v2/sources/${source}/snapshots?limit=60`, "snapshots:read"],
        ...known,
        [`/v2/runs?source=${source}&limit=20`, "runs:read"],
        ...(size ? [] : [[`/v2/sources/${source}/recoverability`, "snapshots:read"]]),
      ];
    if (of !== "records") return [];
    const [snapshot, stream, key] = ["snapshot", "stream", "key"].map((name) => query.get(name));
    const record = `/v2/snapshots/${snapshot}/streams/${stream}/records/${encodeURIComponent(key)}`;
    return [
      one,
      [`/v2/sources/${source}/snapshots?limit=500`, "snapshots:read"],
      ...(snapshot && stream && key ? [[record, "content:read"]] : []),
    ];
  }
})();
