"use client";

import { useState } from "react";
import { type Shape, useApi } from "@/lib/api";
import { daysAsDuration, secondsOf } from "@/lib/duration";
import { useT } from "@/lib/i18n";
import { useHere } from "@/lib/session";
import { useGo } from "@/platform/router";
import { NewGroup } from "@/screens/sources/groups";
import type { Standing } from "@/screens/sources/standing";
import { TagField } from "@/screens/sources/tag-field";
import { useTakeBack } from "@/screens/sources/trash";
import { useAct } from "@/ui/act";
import { Button } from "@/ui/button";
import { Section } from "@/ui/card";
import { Dialog } from "@/ui/dialog";
import { Check, TextField } from "@/ui/field";
import { SkeletonRows } from "@/ui/skeleton";
import { Shown } from "@/ui/states";
import { tell } from "@/ui/toast";
import "@/messages/en/sources";

/** A source's name, tags, groups, and its end. */
export default function SettingsTab({ standing }: { standing: Standing }) {
  return (
    <div className="grid max-w-2xl gap-5">
      <Naming key={standing.source.version} source={standing.source} />
      <Grouping source={standing.source} />
      <Deleting standing={standing} />
    </div>
  );
}

function Naming({ source }: { source: Shape["Source"] }) {
  const t = useT();
  const api = useApi();
  const [name, setName] = useState(source.name);
  const [tags, setTags] = useState(source.tags ?? []);
  const [days, setDays] = useState(String(Math.round(secondsOf(source.full_every ?? "P7D") / 86_400)));
  const { isBusy, problem, submit } = useAct();
  const save = submit(async () => {
    const body = { name: name.trim(), tags, full_every: daysAsDuration(Number(days)) };
    await api.call.PATCH("/v2/sources/{source}", { params: { path: { source: source.id } }, body });
    await api.cache.invalidateQueries({ predicate: ({ queryKey }) => String(queryKey[1]).startsWith("/v2/sources") });
    void tell(t("sources.settings.saved"));
  });
  return (
    <Section title={t("sources.settings.name")}>
      <form className="grid gap-4" onSubmit={save}>
        <TextField
          label={t("sources.form.name")}
          required
          autoComplete="off"
          value={name}
          onChange={(event) => setName(event.target.value)}
          error={problem?.of("/name") ?? (problem?.fields.length === 0 ? problem.message : null)}
        />
        <TagField tags={tags} onTags={setTags} error={problem?.of("/tags")} />
        <TextField
          type="number"
          min={1}
          inputMode="numeric"
          label={t("sources.settings.full")}
          hint={t("sources.settings.full.hint")}
          value={days}
          onChange={(event) => setDays(event.target.value)}
          error={problem?.of("/full_every")}
        />
        <Button kind="primary" type="submit" isBusy={isBusy} className="justify-self-start">
          {t("common.save")}
        </Button>
      </form>
    </Section>
  );
}

function Grouping({ source }: { source: Shape["Source"] }) {
  const t = useT();
  const api = useApi();
  const { act } = useAct();
  const groups = api.use.useQuery("get", "/v2/source-groups", { params: { query: { limit: 500 } } });
  const toggle = act(async (group: Shape["SourceGroup"]) => {
    const now = group.sources ?? [];
    const sources = now.includes(source.id) ? now.filter((one) => one !== source.id) : [...now, source.id];
    await api.call.PATCH("/v2/source-groups/{group}", { params: { path: { group: group.id } }, body: { sources } });
    await api.cache.invalidateQueries({ queryKey: ["get", "/v2/source-groups"] });
  });
  return (
    <Section title={t("sources.settings.groups")} about={t("sources.settings.groups.about")}>
      <Shown query={groups} skeleton={<SkeletonRows rows={2} />}>
        {(data) => (
          <div className="grid gap-3">
            {data.items.length === 0 && <p className="text-sm text-muted">{t("sources.settings.groups.none")}</p>}
            {data.items.map((group) => (
              <Check
                key={group.id}
                label={group.name}
                checked={(group.sources ?? []).includes(source.id)}
                onChange={() => void toggle(group)}
              />
            ))}
            <NewGroup source={source.id} />
          </div>
        )}
      </Shown>
    </Section>
  );
}

function Deleting({ standing }: { standing: Standing }) {
  const t = useT();
  const api = useApi();
  const here = useHere();
  const go = useGo();
  const takeBack = useTakeBack();
  const [isOpen, setOpen] = useState(false);
  const { isBusy, act } = useAct();
  const { source, snapshots } = standing;
  const forget = act(async () => {
    await api.call.DELETE("/v2/sources/{source}", { params: { path: { source: source.id } } });
    go.instead(here.path("/sources"));
    void api.cache.invalidateQueries();
    void tell(t("sources.settings.deleted", { name: source.name }), () => takeBack(source));
  });
  return (
    <Section title={t("sources.settings.delete")}>
      <div className="grid justify-items-start gap-3">
        <p className="text-sm text-muted">{t("sources.settings.delete.about", { count: snapshots.length })}</p>
        <Button onClick={() => setOpen(true)}>{t("sources.settings.delete")}</Button>
      </div>
      <Dialog
        isOpen={isOpen}
        onClose={() => setOpen(false)}
        title={t("sources.settings.delete.title", { name: source.name })}
        actions={
          <>
            <Button onClick={() => setOpen(false)}>{t("common.cancel")}</Button>
            <Button kind="danger" isBusy={isBusy} onClick={forget}>
              {t("sources.settings.delete")}
            </Button>
          </>
        }
      >
        <p className="text-sm">{t("sources.settings.delete.about", { count: snapshots.length })}</p>
      </Dialog>
    </Section>
  );
}
