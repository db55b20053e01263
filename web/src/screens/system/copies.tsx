"use client";

import { HardDriveDownload } from "lucide-react";
import type { ReactNode } from "react";
import { type Shape, useApi } from "@/lib/api";
import { bytes, lasted } from "@/lib/format";
import { useT } from "@/lib/i18n";
import { PULSE } from "@/screens/system/pulse";
import { useAct } from "@/ui/act";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Section } from "@/ui/card";
import { ServerWords } from "@/ui/server-words";
import { SkeletonRows } from "@/ui/skeleton";
import { Empty, Shown } from "@/ui/states";
import { Table, Td, Th, Tr } from "@/ui/table";
import { Ago, Moment } from "@/ui/time";
import { tell } from "@/ui/toast";

/** Whether the control plane itself is copied: the age of the newest copy against its schedule, and what went wrong. */
export function Copies() {
  const t = useT();
  const api = useApi();
  const { isBusy, act } = useAct();
  const copies = api.use.useQuery("get", "/v2/system/backups", {}, PULSE);
  const copy = act(async () => {
    await api.call.POST("/v2/system/backups", {});
    await copies.refetch();
    void tell(t("system.copies.asked"));
  });
  return (
    <Section
      title={t("system.copies")}
      about={t("system.copies.about")}
      actions={
        copies.data?.place && (
          <Button size="sm" isBusy={isBusy} onClick={copy}>
            {t("system.copies.now")}
          </Button>
        )
      }
    >
      <Shown query={copies} skeleton={<SkeletonRows rows={4} />}>
        {(data) =>
          data.place ? (
            <Taken data={data} />
          ) : (
            <Empty icon={<HardDriveDownload aria-hidden />} title={t("system.copies.none")}>
              {t("system.copies.none.text")}
            </Empty>
          )
        }
      </Shown>
    </Section>
  );
}

function Taken({ data }: { data: Shape["CopiesShown"] }) {
  const t = useT();
  const isLate = data.every_seconds !== null && (data.age_seconds ?? Number.POSITIVE_INFINITY) > 2 * data.every_seconds;
  return (
    <div className="grid gap-4">
      {data.problem && (
        <p role="alert" className="rounded-md bg-bad-soft px-3 py-2 text-sm text-bad">
          {t("system.copies.failed")} {data.failed_at && <Ago at={data.failed_at} />}: <ServerWords>{data.problem}</ServerWords>
        </p>
      )}
      {data.asked_at && <p className="text-sm text-muted">{t("system.copies.asked")}</p>}
      <dl className="grid grid-cols-[7rem_minmax(0,1fr)] gap-x-3 gap-y-1.5 text-sm">
        <Said name={t("system.copies.newest")}>
          <span className="flex flex-wrap items-center gap-2">
            {data.newest_at ? <Ago at={data.newest_at} /> : t("system.copies.never")}
            {isLate && <Badge tone="bad">{t("system.copies.late")}</Badge>}
          </span>
        </Said>
        {data.every_seconds !== null && <Said name={t("system.copies.every")}>{lasted(data.every_seconds)}</Said>}
        {data.took_ms !== null && <Said name={t("system.copies.took")}>{lasted(data.took_ms / 1000)}</Said>}
        <Said name={t("system.copies.place")}>
          <code className="text-xs break-all">{data.place}</code>
        </Said>
      </dl>
      {data.items.length > 0 && (
        <div className="-mx-4 -mb-4 border-t border-line">
          <Table
            label={t("system.copies.list")}
            head={
              <>
                <Th>{t("system.copies.column.at")}</Th>
                <Th className="text-right">{t("system.copies.column.size")}</Th>
              </>
            }
          >
            {data.items.slice(0, 8).map((one) => (
              <Tr key={one.name}>
                <Td>
                  <Moment at={one.at} />
                  <p className="font-mono text-xs text-muted">{one.name}</p>
                </Td>
                <Td className="text-right whitespace-nowrap tabular-nums">{bytes(one.size_bytes)}</Td>
              </Tr>
            ))}
          </Table>
        </div>
      )}
    </div>
  );
}

function Said({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-muted">{name}</dt>
      <dd className="min-w-0">{children}</dd>
    </>
  );
}
