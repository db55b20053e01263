"use client";

import { useApi } from "@/lib/api";
import { count } from "@/lib/format";
import { type Key, useT } from "@/lib/i18n";
import { Section } from "@/ui/card";
import { ServerWords } from "@/ui/server-words";
import { SkeletonRows } from "@/ui/skeleton";
import { Shown } from "@/ui/states";
import { Table, Td, Th, Tr } from "@/ui/table";
import { Ago } from "@/ui/time";

const DUTIES = ["expired", "run_logs", "runs", "exports", "erasures", "activity"];

/** What goes with age, and whether that goes on. */
export function Housekeeping() {
  const t = useT();
  const house = useApi().use.useQuery("get", "/v2/system/housekeeping", {}, { refetchInterval: 60_000 });
  return (
    <Section title={t("system.house")} about={t("system.house.about")}>
      <Shown query={house} skeleton={<SkeletonRows rows={6} />}>
        {(data) => (
          <div className="grid gap-3">
            {data.problem && (
              <p role="alert" className="rounded-md bg-warn-soft px-3 py-2 text-sm text-warn">
                <ServerWords>{data.problem}</ServerWords>
              </p>
            )}
            <p className="text-sm text-muted">
              {data.ended_at ? (
                <>
                  {t("system.house.last")} <Ago at={data.ended_at} />
                </>
              ) : (
                t("system.house.never")
              )}
            </p>
            <div className="-mx-4 -mb-4 border-t border-line">
              <Table
                label={t("system.house")}
                head={
                  <>
                    <Th>{t("system.house.column.duty")}</Th>
                    <Th>{t("system.house.column.keeps")}</Th>
                    <Th className="text-right">{t("system.house.column.ever")}</Th>
                  </>
                }
              >
                {data.duties.map((duty) => (
                  <Tr key={duty.name}>
                    <Td>{DUTIES.includes(duty.name) ? t(`system.duty.${duty.name}` as Key) : duty.about}</Td>
                    <Td className="whitespace-nowrap">
                      {duty.keeps_days === null ? t("system.house.over") : t("system.house.keeps", { count: duty.keeps_days })}
                    </Td>
                    <Td className="text-right tabular-nums">{count(duty.removed_ever)}</Td>
                  </Tr>
                ))}
              </Table>
            </div>
          </div>
        )}
      </Shown>
    </Section>
  );
}
