"use client";

import { useApi } from "@/lib/api";
import { count, lasted } from "@/lib/format";
import { useT } from "@/lib/i18n";
import { PULSE } from "@/screens/system/pulse";
import { Section } from "@/ui/card";
import { SkeletonRows } from "@/ui/skeleton";
import { Empty, Shown } from "@/ui/states";
import { Table, Td, Th, Tr } from "@/ui/table";
import { Ago } from "@/ui/time";

/** How full the queues are. */
export function Queues() {
  const t = useT();
  const queues = useApi().use.useQuery("get", "/v2/system/queues", {}, PULSE);
  return (
    <Section title={t("system.queues")}>
      <Shown query={queues} skeleton={<SkeletonRows rows={2} />}>
        {({ items }) => (
          <div className="-m-4">
            <Table
              label={t("system.queues")}
              head={
                <>
                  <Th>{t("system.queues.column.name")}</Th>
                  <Th className="text-right">{t("system.queues.column.depth")}</Th>
                  <Th className="text-right">{t("system.queues.column.dead")}</Th>
                </>
              }
            >
              {items.map((queue) => (
                <Tr key={queue.name}>
                  <Td>{queue.name}</Td>
                  <Td className="text-right tabular-nums">{count(queue.depth)}</Td>
                  <Td className={queue.dead > 0 ? "text-right font-medium text-bad tabular-nums" : "text-right tabular-nums"}>
                    {count(queue.dead)}
                  </Td>
                </Tr>
              ))}
            </Table>
          </div>
        )}
      </Shown>
    </Section>
  );
}

/** Who works, as last heard of. */
export function Workers() {
  const t = useT();
  const workers = useApi().use.useQuery("get", "/v2/system/workers", {}, PULSE);
  return (
    <Section title={t("system.workers")}>
      <Shown query={workers} skeleton={<SkeletonRows rows={2} />}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title={t("system.workers.none")}>{t("system.workers.none.text")}</Empty>
          ) : (
            <div className="-m-4">
              <Table
                label={t("system.workers")}
                head={
                  <>
                    <Th>{t("system.workers.column.process")}</Th>
                    <Th>{t("system.workers.column.busy")}</Th>
                    <Th>{t("system.workers.column.heard")}</Th>
                    <Th>{t("system.workers.column.ticked")}</Th>
                  </>
                }
              >
                {items.map((beat) => (
                  <Tr key={beat.process}>
                    <Td className="font-mono text-xs whitespace-nowrap">{beat.process}</Td>
                    <Td className="whitespace-nowrap tabular-nums">
                      {t("system.figure.hands.value", { busy: beat.busy, hands: beat.hands })}
                    </Td>
                    <Td className="whitespace-nowrap">
                      <Ago at={beat.at} />
                    </Td>
                    <Td className="whitespace-nowrap">
                      {beat.ticked_at ? <Ago at={beat.ticked_at} /> : "–"}
                      {(beat.late_seconds ?? 0) >= 1 && (
                        <p className="text-[13px] text-warn">{t("system.workers.late", { seconds: lasted(beat.late_seconds ?? 0) })}</p>
                      )}
                    </Td>
                  </Tr>
                ))}
              </Table>
            </div>
          )
        }
      </Shown>
    </Section>
  );
}
