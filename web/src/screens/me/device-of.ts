// the first that fits: browsers name each other
const BROWSERS: readonly [RegExp, string][] = [
  [/Edg\//, "Edge"],
  [/OPR\//, "Opera"],
  [/Firefox\//, "Firefox"],
  [/(HeadlessChrome|Chrome)\//, "Chrome"],
  [/Safari\//, "Safari"],
  [/listbackup/i, "listbackup"],
  [/curl/i, "curl"],
  [/python/i, "Python"],
];
const SYSTEMS: readonly [RegExp, string][] = [
  [/iPhone/, "iPhone"],
  [/iPad/, "iPad"],
  [/Android/, "Android"],
  [/Windows/, "Windows"],
  [/Mac OS X|Macintosh/, "macOS"],
  [/CrOS/, "ChromeOS"],
  [/Linux/, "Linux"],
];

/** What a client calls itself, as people say it: "Firefox, Windows". What says nothing known is shown as it is, cut short. */
export function deviceOf(agent: string): string {
  const named = [BROWSERS, SYSTEMS].map((list) => list.find(([sign]) => sign.test(agent))?.[1]).filter(Boolean);
  return named.length > 0 ? named.join(", ") : agent.slice(0, 40);
}
