"use client";

import { useState } from "react";
import { count, moment } from "@/lib/format";
import { useT } from "@/lib/i18n";
import { useSources } from "@/lib/listings";
import { useHere } from "@/lib/session";
import { useGo, useSetQuery } from "@/platform/router";
import { pathOfRestore } from "@/screens/restores/asked";
import { useSnapshots } from "@/screens/snapshots/moments";
import { Button } from "@/ui/button";
import { Section } from "@/ui/card";
import { Check, Select } from "@/ui/field";
import { SkeletonRows } from "@/ui/skeleton";
import { Empty, Shown } from "@/ui/states";

/** For who comes without a choice: which source, as of when, all of it or some streams. */
export function ChooseStreams({ source }: { source: string | null }) {
  const t = useT();
  const setQuery = useSetQuery();
  const sources = useSources();
  return (
    <Section title={t("restores.what")} about={t("restores.choose.about")}>
      <Shown query={sources} skeleton={<SkeletonRows rows={3} />}>
        {(data) =>
          data.items.length === 0 ? (
            <Empty title={t("restores.nosource.title")}>{t("restores.nosource.text")}</Empty>
          ) : (
            <div className="grid gap-4">
              <Select label={t("restores.source")} value={source ?? ""} onChange={(event) => setQuery({ source: event.target.value })}>
                <option value="" disabled>
                  {t("restores.choose")}
                </option>
                {data.items.map((one) => (
                  <option key={one.id} value={one.id}>
                    {one.name}
                  </option>
                ))}
              </Select>
              {source && <Streams key={source} source={source} />}
            </div>
          )
        }
      </Shown>
    </Section>
  );
}

function Streams({ source }: { source: string }) {
  const t = useT();
  const here = useHere();
  const go = useGo();
  const snapshots = useSnapshots(source);
  const [wanted, setWanted] = useState<string | null>(null);
  const [streams, setStreams] = useState<readonly string[]>([]);
  return (
    <Shown query={snapshots} skeleton={<SkeletonRows rows={4} />}>
      {(all) => {
        const snapshot = all.find((one) => one.id === wanted) ?? all.at(-1);
        if (!snapshot) return <p className="text-sm text-muted">{t("restores.nosnapshot")}</p>;
        const toggle = (name: string) => setStreams(streams.includes(name) ? streams.filter((one) => one !== name) : [...streams, name]);
        return (
          <div className="grid gap-4">
            <Select label={t("restores.asof")} value={snapshot.id} onChange={(event) => setWanted(event.target.value)}>
              {all.toReversed().map((one) => (
                <option key={one.id} value={one.id}>
                  {moment(one.at)} · {one.number}
                </option>
              ))}
            </Select>
            <fieldset className="grid gap-2">
              <legend className="mb-2 text-sm font-medium">{t("restores.streams")}</legend>
              {snapshot.streams.map((one) => (
                <Check
                  key={one.name}
                  label={`${one.name} (${count(one.records)})`}
                  checked={streams.includes(one.name)}
                  onChange={() => toggle(one.name)}
                />
              ))}
              <p className="text-[13px] text-muted">{t("restores.streams.about")}</p>
            </fieldset>
            <p>
              <Button kind="primary" onClick={() => go.to(here.path(pathOfRestore({ source, snapshot: snapshot.id, streams })))}>
                {t("restores.next")}
              </Button>
            </p>
          </div>
        );
      }}
    </Shown>
  );
}
