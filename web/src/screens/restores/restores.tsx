"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { RotateCcw } from "lucide-react";
import { useApi } from "@/lib/api";
import { count } from "@/lib/format";
import { useT } from "@/lib/i18n";
import { useSourceNames } from "@/lib/listings";
import { useHere } from "@/lib/session";
import { useQuery } from "@/platform/params";
import { Link } from "@/platform/router";
import { isUnderWay, STATES } from "@/screens/restores/restore";
import { Badge } from "@/ui/badge";
import { ButtonLink } from "@/ui/button";
import { Card } from "@/ui/card";
import { More } from "@/ui/more";
import { Page } from "@/ui/page";
import { ServerWords } from "@/ui/server-words";
import { SkeletonRows } from "@/ui/skeleton";
import { Empty, Failure } from "@/ui/states";
import { Table, Td, Th, Tr } from "@/ui/table";
import { Moment } from "@/ui/time";
import "@/messages/en/restores";

/** All restores of the account, newest first. */
export default function Restores() {
  const t = useT();
  const here = useHere();
  const { call } = useApi();
  const source = useQuery().get("source");
  const names = useSourceNames();
  const query = useInfiniteQuery({
    queryKey: ["get", "/v2/restores", source],
    queryFn: async ({ pageParam, signal }) =>
      (await call.GET("/v2/restores", { params: { query: { limit: 50, cursor: pageParam, ...(source ? { source } : {}) } }, signal }))
        .data ?? { items: [], next: null },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    refetchInterval: ({ state }) => (state.data?.pages.some((page) => page.items.some((one) => isUnderWay(one.state))) ? 2000 : false),
  });
  const all = query.data?.pages.flatMap((page) => page.items) ?? [];
  const begin = here.may("restores:plan") && (
    <ButtonLink kind="primary" href={here.path("/restores/new")}>
      <RotateCcw aria-hidden />
      {t("restores.new")}
    </ButtonLink>
  );
  return (
    <Page title={t("restores.title")} about={t("restores.about")} actions={all.length > 0 && begin}>
      <Card>
        {query.isError ? (
          <Failure error={query.error} onRetry={() => void query.refetch()} />
        ) : query.isPending ? (
          <SkeletonRows rows={8} />
        ) : all.length === 0 ? (
          <Empty icon={<RotateCcw aria-hidden />} title={t("restores.none.title")} action={begin}>
            {t("restores.none.text")}
          </Empty>
        ) : (
          <Table
            label={t("restores.title")}
            head={
              <>
                <Th>{t("restores.begun.short")}</Th>
                <Th>{t("restores.source")}</Th>
                <Th>{t("restores.state")}</Th>
                <Th className="text-right">{t("restores.count.created")}</Th>
                <Th className="text-right">{t("restores.count.updated")}</Th>
                <Th className="text-right">{t("restores.count.conflicts")}</Th>
                <Th className="text-right">{t("restores.count.failed")}</Th>
              </>
            }
          >
            {all.map((one) => (
              <Tr key={one.id}>
                <Td>
                  <Link
                    className="inline-flex min-h-6.5 items-center font-medium whitespace-nowrap hover:underline"
                    href={here.path(`/restores/${one.id}`)}
                  >
                    <Moment at={one.created_at} />
                  </Link>
                </Td>
                <Td>{names.get(one.source) ?? one.source}</Td>
                <Td>
                  <Badge tone={STATES[one.state][1]} isLive={isUnderWay(one.state)}>
                    {t(STATES[one.state][0])}
                  </Badge>
                  {one.message && (
                    <p className="max-w-80 pt-1 text-[13px] text-muted">
                      <ServerWords>{one.message}</ServerWords>
                    </p>
                  )}
                </Td>
                <Td className="text-right tabular-nums">{count(one.result?.created ?? 0)}</Td>
                <Td className="text-right tabular-nums">{count(one.result?.updated ?? 0)}</Td>
                <Td className="text-right tabular-nums">{count(one.result?.conflicts ?? 0)}</Td>
                <Td className="text-right tabular-nums">{count(one.result?.failed ?? 0)}</Td>
              </Tr>
            ))}
          </Table>
        )}
        <More query={query} />
      </Card>
    </Page>
  );
}
