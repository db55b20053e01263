"use client";

import { useQuery } from "@tanstack/react-query";
import type { Shape } from "@/lib/api";
import { count } from "@/lib/format";
import type { Key } from "@/lib/i18n";
import { useT } from "@/lib/i18n";
import { problemOf } from "@/lib/problem";
import { PULSE } from "@/screens/system/pulse";
import { Badge } from "@/ui/badge";
import { Section } from "@/ui/card";
import { ServerWords } from "@/ui/server-words";
import { SkeletonRows } from "@/ui/skeleton";
import { Shown } from "@/ui/states";
import { Table, Td, Th, Tr } from "@/ui/table";

const PARTS = ["tables", "objects", "queue", "keys", "scheduler", "workers", "disk", "housekeeping", "copies", "post"];

/** The answer is the same with 503, where a part fails that nothing works without: then above all it must be read. */
async function ask(): Promise<Shape["Ready"]> {
  const response = await fetch("/v2/system/health/ready");
  if (!response.ok && response.status !== 503) throw await problemOf(response);
  const said: Partial<Shape["Ready"]> = await response.json();
  if (!said.parts) throw new Error("an answer without parts");
  return said as Shape["Ready"];
}

/** Whether each part of the installation answers. */
export function Health() {
  const t = useT();
  const ready = useQuery({ queryKey: ["system", "ready"], queryFn: ask, ...PULSE });
  return (
    <Section title={t("system.health")} about={t("system.health.about")}>
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
                    <span className="whitespace-nowrap">
                      {PARTS.includes(part.name) ? t(`system.part.${part.name}` as Key) : part.name}
                    </span>
                    {part.message && (
                      <p className="text-[13px] text-muted">
                        <ServerWords>{part.message}</ServerWords>
                      </p>
                    )}
                  </Td>
                  <Td>
                    <Badge tone={part.ok ? "good" : part.essential ? "bad" : "warn"}>
                      {t(part.ok ? "system.health.ok" : "system.health.bad")}
                    </Badge>
                  </Td>
                  <Td className="text-right whitespace-nowrap tabular-nums">{part.took_ms < 1 ? "< 1" : count(part.took_ms)} ms</Td>
                </Tr>
              ))}
            </Table>
          </div>
        )}
      </Shown>
    </Section>
  );
}
