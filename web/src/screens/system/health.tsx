"use client";

import { useApi } from "@/lib/api";
import { count } from "@/lib/format";
import type { Key } from "@/lib/i18n";
import { useT } from "@/lib/i18n";
import { asProblem } from "@/lib/problem";
import { PULSE } from "@/screens/system/pulse";
import { Badge } from "@/ui/badge";
import { Section } from "@/ui/card";
import { SkeletonRows } from "@/ui/skeleton";
import { Failure, Shown } from "@/ui/states";
import { Table, Td, Th, Tr } from "@/ui/table";

const PARTS = ["tables", "objects", "queue", "keys", "scheduler", "workers", "disk", "housekeeping", "copies", "post"];

/** Whether each part of the installation answers. */
export function Health() {
  const t = useT();
  // a part that fails makes the answer a 503: that is what was asked, not a failure to ask
  const ready = useApi().use.useQuery("get", "/v2/system/health/ready", {}, { ...PULSE, retry: false });
  const problem = ready.error ? asProblem(ready.error) : null;
  return (
    <Section title={t("system.health")} about={t("system.health.about")}>
      {problem?.status === 503 ? (
        <Failure error={problem} onRetry={() => void ready.refetch()} />
      ) : (
        <Shown query={ready} skeleton={<SkeletonRows rows={8} />}>
          {(data) => (
            <div className="-m-4">
              <Table
                label={t("system.health")}
                head={
                  <>
                    <Th>{t("system.health.column.part")}</Th>
                    <Th>{t("system.health.column.state")}</Th>
                    <Th className="text-right">{t("system.health.column.took")}</Th>
                  </>
                }
              >
                {data.parts.map((part) => (
                  <Tr key={part.name}>
                    <Td>
                      {PARTS.includes(part.name) ? t(`system.part.${part.name}` as Key) : part.name}
                      {part.message && <p className="text-[13px] text-muted">{part.message}</p>}
                    </Td>
                    <Td>
                      <Badge tone={part.ok ? "good" : part.essential ? "bad" : "warn"}>
                        {t(part.ok ? "system.health.ok" : "system.health.bad")}
                      </Badge>
                    </Td>
                    <Td className="text-right whitespace-nowrap tabular-nums">{count(part.took_ms)} ms</Td>
                  </Tr>
                ))}
              </Table>
            </div>
          )}
        </Shown>
      )}
    </Section>
  );
}
