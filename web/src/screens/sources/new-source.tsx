"use client";

import { useState } from "react";
import { type Shape, useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { useConnections } from "@/lib/listings";
import { useHere } from "@/lib/session";
import { useQuery } from "@/platform/params";
import { useGo, useSetQuery } from "@/platform/router";
import { asked, type Choice, StreamChoice } from "@/screens/sources/stream-choice";
import { TagField } from "@/screens/sources/tag-field";
import { useAct } from "@/ui/act";
import { Button, ButtonLink } from "@/ui/button";
import { Card } from "@/ui/card";
import { Select, TextField } from "@/ui/field";
import { Page } from "@/ui/page";
import { Refused } from "@/ui/refused";
import { SkeletonRows } from "@/ui/skeleton";
import { Empty, Shown } from "@/ui/states";
import { tell } from "@/ui/toast";
import "@/messages/en/sources";

/** A source on a connection (?connection=): all streams chosen beforehand, a schedule, and the first backup at once. */
export default function NewSource() {
  const t = useT();
  const here = useHere();
  const setQuery = useSetQuery();
  const wanted = useQuery().get("connection");
  const connections = useConnections();
  const all = connections.data?.items ?? [];
  const connection = all.find((one) => one.id === wanted) ?? (all.length === 1 ? all[0] : undefined);
  return (
    <Page
      title={t("sources.form.title")}
      about={t("sources.form.about")}
      trail={[{ name: t("sources.title"), href: here.path("/sources") }]}
    >
      <Card className="max-w-2xl">
        <Shown query={connections} skeleton={<SkeletonRows />}>
          {(data) =>
            data.items.length === 0 ? (
              <Empty
                title={t("sources.empty.title")}
                action={
                  <ButtonLink kind="primary" href={here.path("/connections/new")}>
                    {t("sources.empty.connect")}
                  </ButtonLink>
                }
              >
                {t("sources.empty.text")}
              </Empty>
            ) : (
              <div className="grid gap-5 p-4">
                <Select
                  label={t("sources.form.connection")}
                  value={connection?.id ?? ""}
                  onChange={(event) => setQuery({ connection: event.target.value })}
                >
                  {!connection && <option value="">{t("sources.form.connection.choose")}</option>}
                  {data.items.map((one) => (
                    <option key={one.id} value={one.id}>
                      {one.name}
                    </option>
                  ))}
                </Select>
                {connection && <Form key={connection.id} connection={connection} />}
              </div>
            )
          }
        </Shown>
      </Card>
    </Page>
  );
}

type Often = "hour" | "six" | "day" | "hand";
const OFTEN: readonly Often[] = ["hour", "six", "day", "hand"];
const zone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

function timetable(often: Often): Shape["TimetableIn"] | null {
  if (often === "hand") return null;
  return often === "day" ? { cron: "0 3 * * *", time_zone: zone() } : { every: often === "hour" ? "PT60M" : "PT360M", time_zone: zone() };
}

function Form({ connection }: { connection: Shape["Connection"] }) {
  const t = useT();
  const platform = useApi().use.useQuery("get", "/v2/platforms/{platform}", { params: { path: { platform: connection.platform } } });
  const streams = platform.data?.streams ?? [];
  const make = useMake(connection);
  const [name, setName] = useState(connection.name);
  const [choice, setChoice] = useState<Choice>({ streams: null, filters: {} });
  const [often, setOften] = useState<Often>("six");
  const [tags, setTags] = useState<string[]>([]);
  const { isBusy, problem, submit } = useAct();
  const send = submit(() => make({ name: name.trim(), tags, ...asked(choice) }, timetable(often)));
  return (
    <form className="grid gap-5" onSubmit={send}>
      <TextField
        label={t("sources.form.name")}
        required
        autoComplete="off"
        value={name}
        onChange={(event) => setName(event.target.value)}
        error={problem?.of("/name")}
      />
      <Shown query={platform} skeleton={<SkeletonRows rows={4} />}>
        {() =>
          streams.length > 0 ? (
            <StreamChoice offered={streams} choice={choice} onChoose={setChoice} />
          ) : (
            <p className="text-sm text-muted">{t("sources.form.described")}</p>
          )
        }
      </Shown>
      <fieldset>
        <legend className="mb-1 text-sm font-medium">{t("sources.form.often")}</legend>
        <div className="grid gap-1 sm:grid-cols-2">
          {OFTEN.map((one) => (
            <label key={one} className="flex min-h-7 items-center gap-2 text-sm">
              <input type="radio" name="often" className="size-4.5 accent-accent" checked={one === often} onChange={() => setOften(one)} />
              {t(`sources.form.often.${one}`)}
            </label>
          ))}
        </div>
        <p className="mt-1 text-[13px] text-muted">{t("sources.form.often.hint", { zone: zone() })}</p>
      </fieldset>
      <TagField tags={tags} onTags={setTags} error={problem?.of("/tags")} />
      <Refused problem={problem} at={["/name", "/tags"]} />
      <Button kind="primary" type="submit" isBusy={isBusy} className="justify-self-start">
        {t("sources.form.go")}
      </Button>
    </form>
  );
}

/** Makes the source, its schedule and its first run; what was made stays when a later step fails, and its page tells. */
function useMake(connection: Shape["Connection"]) {
  const t = useT();
  const api = useApi();
  const here = useHere();
  const go = useGo();
  return async (source: Omit<Shape["NewSource"], "connection">, when: Shape["TimetableIn"] | null) => {
    const { data: made } = await api.call.POST("/v2/sources", { body: { ...source, connection: connection.id } });
    if (!made) return;
    if (when && here.may("jobs:manage")) await api.call.POST("/v2/jobs", { body: { source: made.id, timetable: when } });
    const run = here.may("runs:execute")
      ? (await api.call.POST("/v2/sources/{source}/sync", { params: { path: { source: made.id } }, body: {} })).data
      : undefined;
    void api.cache.invalidateQueries();
    void tell(t("sources.form.created", { name: made.name }));
    go.instead(here.path(run ? `/runs/${run.id}` : `/sources/${made.id}`));
  };
}
