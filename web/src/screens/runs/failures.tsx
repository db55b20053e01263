"use client";

import { useState } from "react";
import { type Shape, useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { reasonSaid } from "@/lib/reason-words";
import { useHere } from "@/lib/session";
import { Link } from "@/platform/router";
import { adviceOn, isOfConnection } from "@/screens/runs/what-to-do";
import { recordPath } from "@/screens/snapshots/moments";
import { Button, ButtonLink } from "@/ui/button";
import { Section } from "@/ui/card";
import { Failure } from "@/ui/states";

type Line = Shape["LogLine"];

/** What went wrong, told once for each reason, with what to do and the records that it is about. */
export function Failures({ run, connection }: { run: Shape["RunShown"]; connection: string | undefined }) {
  const t = useT();
  const found = useApi().use.useQuery("get", "/v2/runs/{run}/failures", { params: { path: { run: run.id }, query: { limit: 500 } } });
  // the last word of a run repeats what is said of it above
  const lines = (found.data?.items ?? []).filter((line) => line.stream || line.reason !== run.reason);
  if (found.isError && !found.data)
    return (
      <Section title={t("runs.problem.title")}>
        <Failure error={found.error} onRetry={() => void found.refetch()} />
      </Section>
    );
  if (lines.length === 0) return null;
  const groups = new Map<string, Line[]>();
  for (const line of lines) {
    const key = `${line.reason}/${line.stream ?? ""}`;
    groups.set(key, [...(groups.get(key) ?? []), line]);
  }
  return (
    <Section
      title={t("runs.problem.title")}
      about={t(found.data?.next ? "runs.problem.first" : "runs.problem.about", { count: lines.length })}
      isFlush
    >
      <ul className="divide-y divide-line">
        {[...groups].map(([key, group]) => (
          <li key={key} className="px-4 py-3">
            <Group run={run} lines={group} connection={connection} isSaid={group[0]?.reason === run.reason} />
          </li>
        ))}
      </ul>
    </Section>
  );
}

const FEW = 3;

type GroupProps = { run: Shape["RunShown"]; lines: readonly Line[]; connection: string | undefined; isSaid: boolean };

/** `isSaid`: the way out stands at the top of the page already. */
function Group({ run, lines, connection, isSaid }: GroupProps) {
  const t = useT();
  const here = useHere();
  const [isOpen, setOpen] = useState(false);
  const first = lines[0];
  if (!first) return null;
  const reason = first.reason ?? "";
  const keyed = lines.filter((line) => line.key).length;
  return (
    <div className="grid gap-1.5 text-sm">
      <p>
        {first.stream && <span className="font-medium">{first.stream}: </span>}
        <span className={first.level === "error" ? "text-bad" : "text-warn"}>{reasonSaid(t, reason, first.message)}</span>
        <code className="ml-2 text-xs text-muted">{reason}</code>
      </p>
      <p>
        <span className="font-medium">{t("runs.problem.do")}:</span> {t(adviceOn(reason))}
      </p>
      {keyed > 0 && (
        <div className="text-[13px] text-muted">
          <p>{t("runs.problem.records", { count: keyed })}</p>
          <ul className="list-disc pl-5">
            {lines.slice(0, isOpen ? undefined : FEW).map((line) => (
              <li key={line.seq}>
                <RecordKey run={run} line={line} /> {reasonSaid(t, line.reason, line.message)}
              </li>
            ))}
          </ul>
        </div>
      )}
      {keyed > FEW && !isOpen && (
        <Button size="sm" kind="quiet" className="justify-self-start" onClick={() => setOpen(true)}>
          {t("runs.problem.more", { count: keyed - FEW })}
        </Button>
      )}
      {connection && !isSaid && isOfConnection(reason) && (
        <ButtonLink size="sm" className="justify-self-start" href={here.path(`/connections/${connection}`)}>
          {t("runs.do.connection")}
        </ButtonLink>
      )}
    </div>
  );
}

/** A record's key; where a snapshot was made all the same, the way to the record as it is kept there. */
function RecordKey({ run, line }: { run: Shape["RunShown"]; line: Line }) {
  const here = useHere();
  if (!run.snapshot || !line.stream || !line.key || !here.may("content:read")) return <code>{line.key}</code>;
  return (
    <Link
      href={here.path(recordPath(run.source, run.snapshot, line.stream, line.key))}
      className="inline-flex min-h-6 items-center text-accent hover:underline"
    >
      <code>{line.key}</code>
    </Link>
  );
}
