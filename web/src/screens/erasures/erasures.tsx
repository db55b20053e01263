"use client";

import { Eraser, Plus } from "lucide-react";
import dynamic from "next/dynamic";
import { type Shape, useApi } from "@/lib/api";
import { type Key, useT } from "@/lib/i18n";
import { useHere } from "@/lib/session";
import { useQuery } from "@/platform/params";
import { Link, useSetQuery } from "@/platform/router";
import { Badge, type Tone } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { Page } from "@/ui/page";
import { SkeletonRows } from "@/ui/skeleton";
import { Empty, Shown } from "@/ui/states";
import { Table, Td, Th, Tr } from "@/ui/table";
import { Moment } from "@/ui/time";
import "@/messages/en/erasures";

const NewErasure = dynamic(() => import("@/screens/erasures/new-erasure"), { ssr: false });

export const STATES: Record<Shape["ErasureState"], [Key, Tone]> = {
  searching: ["erasures.state.searching", "accent"],
  planned: ["erasures.state.planned", "warn"],
  erasing: ["erasures.state.erasing", "accent"],
  done: ["erasures.state.done", "good"],
  failed: ["erasures.state.failed", "bad"],
  cancelled: ["erasures.state.cancelled", "plain"],
};
export const isWorking = (state: Shape["ErasureState"]) => state === "searching" || state === "erasing";

/** People taken out of every snapshot: what was looked for is forgotten, the counts and times stay. */
export default function Erasures() {
  const t = useT();
  const here = useHere();
  const query = useQuery();
  const setQuery = useSetQuery();
  const erasures = useApi().use.useQuery(
    "get",
    "/v2/erasures",
    { params: { query: { limit: 200 } } },
    { refetchInterval: ({ state }) => (state.data?.items.some((one) => isWorking(one.state)) ? 2000 : false) },
  );
  const begin = here.may("erasures:execute") && (
    <Button kind="primary" onClick={() => setQuery({ new: "1" })}>
      <Plus aria-hidden />
      {t("erasures.new")}
    </Button>
  );
  return (
    <Page title={t("erasures.title")} about={t("erasures.about")} actions={(erasures.data?.items.length ?? 0) > 0 && begin}>
      <Card>
        <Shown query={erasures} skeleton={<SkeletonRows rows={6} />}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty icon={<Eraser aria-hidden />} title={t("erasures.none.title")} action={begin}>
                {t("erasures.none.text")}
              </Empty>
            ) : (
              <Table
                label={t("erasures.title")}
                head={
                  <>
                    <Th>{t("erasures.asked")}</Th>
                    <Th>{t("erasures.reason")}</Th>
                    <Th>{t("erasures.state")}</Th>
                    <Th className="text-right">{t("erasures.records")}</Th>
                  </>
                }
              >
                {items.map((one) => (
                  <Tr key={one.id}>
                    <Td>
                      <Link
                        className="inline-flex min-h-6.5 items-center font-medium whitespace-nowrap hover:underline"
                        href={here.path(`/erasures/${one.id}`)}
                      >
                        <Moment at={one.created_at} />
                      </Link>
                    </Td>
                    <Td>{one.reason}</Td>
                    <Td>
                      <Badge tone={STATES[one.state][1]} isLive={isWorking(one.state)}>
                        {t(STATES[one.state][0])}
                      </Badge>
                    </Td>
                    <Td className="text-right tabular-nums">{one.records}</Td>
                  </Tr>
                ))}
              </Table>
            )
          }
        </Shown>
      </Card>
      {query.get("new") && here.may("erasures:execute") && (
        <NewErasure text={query.get("text") ?? ""} onClose={() => setQuery({ new: null, text: null })} />
      )}
    </Page>
  );
}
