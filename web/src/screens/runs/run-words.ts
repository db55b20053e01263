import type { Shape } from "@/lib/api";
import { count } from "@/lib/format";
import type { useT } from "@/lib/i18n";
import { reasonSaid } from "@/lib/reason-words";
import "@/messages/en/runs";

/** What a run found, or why it found nothing, in a line. */
export function changes(run: Shape["RunShown"], t: ReturnType<typeof useT>): string {
  const sum = (of: "added" | "changed" | "gone") => run.streams.reduce((total, stream) => total + (stream[of] ?? 0), 0);
  const [added, changed, gone] = [sum("added"), sum("changed"), sum("gone")];
  if (run.message && run.state !== "succeeded" && run.state !== "running") return reasonSaid(t, run.reason, run.message) ?? run.message;
  if (added + changed + gone === 0) return run.state === "succeeded" ? t("runs.changes.none") : "–";
  return t("runs.changes", { added: count(added), changed: count(changed), gone: count(gone) });
}

/** How long a run took, or has taken by now [s]; null before it began. */
export const secondsOfRun = (run: Shape["RunShown"], now = Date.now()): number | null =>
  run.started_at ? (new Date(run.ended_at ?? now).getTime() - new Date(run.started_at).getTime()) / 1000 : null;
