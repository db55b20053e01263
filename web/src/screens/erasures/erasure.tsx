"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { type Shape, useApi } from "@/lib/api";
import { count, moment } from "@/lib/format";
import { type Key, useT } from "@/lib/i18n";
import { useSourceNames } from "@/lib/listings";
import { useHere } from "@/lib/session";
import { usePart } from "@/platform/params";
import { isWorking, STATES } from "@/screens/erasures/erasures";
import { useAct } from "@/ui/act";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Card, Figure, Section } from "@/ui/card";
import { CopyButton } from "@/ui/copy";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import { More } from "@/ui/more";
import { Page } from "@/ui/page";
import { Progress } from "@/ui/progress";
import { ServerWords } from "@/ui/server-words";
import { SkeletonRows } from "@/ui/skeleton";
import { Shown } from "@/ui/states";
import { Table, Td, Th, Tr } from "@/ui/table";
import { tell } from "@/ui/toast";
import "@/messages/en/erasures";

type Erasure = Shape["ErasureShown"];

/** One erasure: what was found, the word that carries it out, and the proof that stays. */
export default function ErasurePage() {
  const t = useT();
  const here = useHere();
  const id = usePart("erasures");
  const query = useApi().use.useQuery(
    "get",
    "/v2/erasures/{erasure}",
    { params: { path: { erasure: id ?? "" } } },
    { enabled: id !== null, refetchInterval: ({ state }) => (state.data && isWorking(state.data.state) ? 1000 : false) },
  );
  const one = query.data;
  return (
    <Page
      title={t("erasures.one")}
      trail={[{ name: t("erasures.title"), href: here.path("/erasures") }]}
      about={
        one && (
          <span className="flex flex-wrap items-center gap-3">
            <Badge tone={STATES[one.state][1]} isLive={isWorking(one.state)}>
              {t(STATES[one.state][0])}
            </Badge>
            {one.reason}
          </span>
        )
      }
      actions={one && <Acts one={one} />}
    >
      <Shown query={query} skeleton={<SkeletonRows rows={8} />}>
        {(erasure) => <Told one={erasure} />}
      </Shown>
    </Page>
  );
}

function Told({ one }: { one: Erasure }) {
  const t = useT();
  const names = useSourceNames();
  const nameOf = (source: string) => names.get(source) ?? source;
  const found = Object.entries(one.found);
  return (
    <div className="grid gap-4">
      {isWorking(one.state) && (
        <Card className="grid gap-2 px-4 py-3 text-sm" role="status">
          <p>{t(one.state === "searching" ? "erasures.searching" : "erasures.erasing", { done: one.done.length, of: found.length })}</p>
          <Progress
            share={one.state === "erasing" && found.length > 0 ? one.done.length / found.length : null}
            label={t("erasures.progress")}
          />
        </Card>
      )}
      {one.message && (
        <p className="rounded-md bg-bad-soft px-3 py-2 text-sm text-bad">
          <ServerWords>{one.message}</ServerWords>
        </p>
      )}
      <div className="grid grid-cols-2 gap-3">
        <Figure name={t("erasures.records")} value={count(one.records)} />
        <Figure name={t("erasures.sources.found")} value={count(found.length)} />
      </div>
      {found.length > 0 && (
        <Section title={t("erasures.where")}>
          <div className="-m-4">
            <Table
              label={t("erasures.where")}
              head={
                <>
                  <Th>{t("erasures.source")}</Th>
                  <Th>{t("erasures.stream")}</Th>
                  <Th className="text-right">{t("erasures.records")}</Th>
                  <Th>{t("erasures.state")}</Th>
                </>
              }
            >
              {found.flatMap(([source, streams]) =>
                Object.entries(streams).map(([stream, many]) => (
                  <Tr key={`${source} ${stream}`}>
                    <Td className="font-medium whitespace-nowrap">{nameOf(source)}</Td>
                    <Td>{stream}</Td>
                    <Td className="text-right tabular-nums">{count(many)}</Td>
                    <Td>
                      {one.done.includes(source) ? <Badge tone="good">{t("erasures.free")}</Badge> : <Badge>{t("erasures.waiting")}</Badge>}
                    </Td>
                  </Tr>
                )),
              )}
            </Table>
          </div>
        </Section>
      )}
      {one.state === "planned" && <Records one={one} nameOf={nameOf} />}
      {one.state === "done" && <Proof one={one} />}
    </div>
  );
}

function Records({ one, nameOf }: { one: Erasure; nameOf: (source: string) => string }) {
  const t = useT();
  const { call } = useApi();
  const query = useInfiniteQuery({
    queryKey: ["get", "/v2/erasures/{erasure}/records", one.id],
    queryFn: async ({ pageParam, signal }) =>
      (await call.GET("/v2/erasures/{erasure}/records", { params: { path: { erasure: one.id }, query: { cursor: pageParam } }, signal }))
        .data ?? { items: [], next: null },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
  const records = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Section title={t("erasures.list")} about={t("erasures.list.about")}>
      <ul className="-m-4 max-h-96 divide-y divide-line overflow-y-auto text-sm">
        {records.map((record) => (
          <li key={`${record.source} ${record.stream} ${record.key}`} className="flex gap-3 px-4 py-2">
            <span className="font-medium">
              {record.stream} {record.key}
            </span>
            <span className="text-muted">{nameOf(record.source)}</span>
          </li>
        ))}
      </ul>
      <More query={query} isLined={false} />
    </Section>
  );
}

/** What may be shown to whoever asked: counts and times, and not the person. */
function Proof({ one }: { one: Erasure }) {
  const t = useT();
  const proof = JSON.stringify(
    {
      erasure: one.id,
      reason: one.reason,
      asked_at: one.created_at,
      planned_at: one.planned_at,
      ended_at: one.ended_at,
      records: one.records,
      found: one.found,
      sources_free_of_them: one.done,
      kept_out: one.keep_out,
    },
    null,
    2,
  );
  return (
    <Section
      title={t("erasures.proof")}
      about={t("erasures.proof.about")}
      actions={<CopyButton text={proof} label={t("erasures.proof.copy")} />}
    >
      <p className="text-sm">
        {t("erasures.proof.text", { records: one.records, sources: one.done.length, ended: one.ended_at ? moment(one.ended_at) : "" })}{" "}
        {one.keep_out && t("erasures.proof.kept")}
      </p>
    </Section>
  );
}

function Acts({ one }: { one: Erasure }) {
  const t = useT();
  const { call, cache } = useApi();
  const may = useHere().may("erasures:execute");
  const [isAsking, setAsking] = useState(false);
  const [said, setSaid] = useState("");
  const { isBusy, act } = useAct();
  if (!may) return null;
  const steer = act(async (what: "execute" | "cancel", word: Key) => {
    await call.POST(`/v2/erasures/{erasure}/${what}`, { params: { path: { erasure: one.id } } });
    setAsking(false);
    void tell(t(word));
    await cache.invalidateQueries({ queryKey: ["get", "/v2/erasures/{erasure}"] });
  });
  return (
    <>
      {(one.state === "searching" || one.state === "planned") && (
        <Button isBusy={isBusy} onClick={() => void steer("cancel", "erasures.cancelled")}>
          {t("erasures.cancel")}
        </Button>
      )}
      {one.state === "planned" && one.records > 0 && (
        <Button kind="danger" onClick={() => setAsking(true)}>
          {t("erasures.execute")}
        </Button>
      )}
      <Dialog
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        title={t("erasures.execute.title", { count: one.records })}
        about={t("erasures.execute.about")}
        actions={
          <Button
            kind="danger"
            isBusy={isBusy}
            disabled={said.trim() !== String(one.records)}
            onClick={() => void steer("execute", "erasures.begun")}
          >
            {t("erasures.execute")}
          </Button>
        }
      >
        <TextField
          label={t("erasures.execute.count")}
          inputMode="numeric"
          value={said}
          onChange={(event) => setSaid(event.target.value)}
          hint={t("erasures.execute.hint", { count: one.records })}
        />
      </Dialog>
    </>
  );
}
