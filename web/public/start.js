// Runs before the first paint, ahead of the app: shows the chosen theme, and asks what every screen behind the sign-in begins with, so that the
// answers come while the app is still being loaded. lib/asked.ts takes them.
(() => {
  const theme = localStorage.getItem("listbackup.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  const [, area, account] = location.pathname.split("/");
  if (area !== "a" && area !== "me") return;
  window.listbackupAsked = new Map();
  const ask = (path, headers = {}) => {
    const answer = fetch(path, { headers });
    answer.catch(() => {}); // whoever takes it hears of it
    window.listbackupAsked.set(path, answer);
  };
  ask("/v2/auth/status");
  ask("/v2/users/me");
  ask("/v2/users/me/accounts?limit=500");
  if (area !== "a" || !account) return;
  ask(`/v2/accounts/${account}`, { "X-Account-Id": account });
  // up to where the trail goes before anything is read (screens/shell/live.tsx), unless one may not know
  if (localStorage.getItem(`listbackup.unheard.${account}`) === null) ask("/v2/activity?limit=1", { "X-Account-Id": account });
})();
