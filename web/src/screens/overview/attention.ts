import type { Shape } from "@/lib/api";
import { ago } from "@/lib/format";
import { type Key, t } from "@/lib/i18n";
import type { Standing } from "@/screens/sources/standing";
import "@/messages/en/overview";

/** One thing that somebody should do, with the one way to it: an address, or backing a source up now. */
export type Need = {
  key: string;
  tone: "bad" | "warn";
  text: string;
} & ({ go: string; name: Key } | { backUp: Shape["Source"] });

/** What needs somebody, the most urgent first. A broken connection is told once, not for each of its sources; the accounts below are told together. */
export function needsOf(
  standings: readonly Standing[],
  connections: readonly Shape["Connection"][],
  clients: readonly Shape["ProtectionShown"][] = [],
): Need[] {
  const broken = connections.flatMap((one) => ofConnection(one));
  const told = new Set(connections.filter((one) => one.state === "needs_reauth").map((one) => one.id));
  const sources = standings.flatMap((one) => (told.has(one.source.connection) && one.state !== "incomplete" ? [] : ofSource(one)));
  const all = [...ofClients(clients), ...broken, ...sources];
  return [...all.filter((need) => need.tone === "bad"), ...all.filter((need) => need.tone === "warn")];
}

function ofClients(clients: readonly Shape["ProtectionShown"][]): Need[] {
  const bad = clients.filter((one) => one.verdict === "unprotected").length;
  if (bad === 0) return [];
  const text = t("overview.attention.clients", { bad });
  return [{ key: "clients", tone: "bad", text, go: "/accounts?only=unprotected", name: "overview.go.clients" }];
}

function ofConnection(one: Shape["Connection"]): Need[] {
  const go = `/connections/${one.id}`;
  if (one.state === "needs_reauth")
    return [{ key: one.id, tone: "bad", text: t("overview.attention.connection", { name: one.name }), go, name: "overview.go.repair" }];
  if (one.state === "unreachable")
    return [{ key: one.id, tone: "warn", text: t("overview.attention.unreachable", { name: one.name }), go, name: "overview.go.test" }];
  return [];
}

function ofSource(one: Standing): Need[] {
  const { source, last, lastRun } = one;
  const named = { name: source.name };
  // what was refused is no reason any more where somebody gave new credentials since
  const isMended = lastRun?.reason === "needs_reauth" && one.connection?.state === "ready";
  const isFailed = lastRun?.state === "failed" && !isMended;
  const why = { go: `/runs/${lastRun?.id}`, name: "overview.go.why" as Key };
  if (one.state === "unread") {
    const text = t("overview.attention.unread", named);
    return [{ key: source.id, tone: "bad", text, go: `/sources/${source.id}/snapshots`, name: "overview.go.why" }];
  }
  if (one.state === "never" || one.state === "late") {
    const text =
      one.state === "never" || !last ? t("overview.attention.never", named) : t("overview.attention.late", { ...named, ago: ago(last.at) });
    return [{ key: source.id, tone: "bad", text, ...(isFailed ? why : { backUp: source }) }];
  }
  if (one.state === "incomplete" && last) {
    const isSuspect = last.suspect;
    const text = t(isSuspect ? "overview.attention.suspect" : "overview.attention.incomplete", named);
    const go = isSuspect ? `/sources/${source.id}/snapshots?snapshot=${last.id}` : `/runs/${last.run}`;
    return [{ key: source.id, tone: "warn", text, go, name: isSuspect ? "overview.go.test" : "overview.go.missing" }];
  }
  if (isFailed) return [{ key: source.id, tone: "warn", text: t("overview.attention.failed", named), ...why }];
  if (one.state === "byhand")
    return [
      {
        key: source.id,
        tone: "warn",
        text: t("overview.attention.byhand", named),
        go: `/sources/${source.id}?tab=schedule`,
        name: "overview.go.schedule",
      },
    ];
  return [];
}
