"use client";

import { useState } from "react";
import { type Shape, useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { useHere } from "@/lib/session";
import { useGo } from "@/platform/router";
import { ConnectForm } from "@/screens/connections/connect-form";
import { DEMO } from "@/screens/start/demo";
import { ButtonLink } from "@/ui/button";
import { Card, Section } from "@/ui/card";
import { CopyButton } from "@/ui/copy";
import { Check } from "@/ui/field";
import { SkeletonRows } from "@/ui/skeleton";
import { Shown } from "@/ui/states";

/** The credentials, and beside them what will be backed up: everything, unless something is left out. */
export default function Connect({ name }: { name: string }) {
  const here = useHere();
  const t = useT();
  const found = useApi().use.useQuery("get", "/v2/platforms/{platform}", { params: { path: { platform: name } } });
  return (
    <>
      <Shown query={found} skeleton={<SkeletonRows />}>
        {(platform) => <Form platform={platform} />}
      </Shown>
      <ButtonLink kind="quiet" className="mt-4" href={here.path("/start")}>
        {t("start.other")}
      </ButtonLink>
    </>
  );
}

function Form({ platform }: { platform: Shape["Platform"] }) {
  const t = useT();
  const here = useHere();
  const go = useGo();
  const offered = platform.streams ?? [];
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const chosen = offered.map((stream) => stream.name).filter((one) => !left.has(one));
  const streams = left.size > 0 && chosen.length > 0 ? `&streams=${encodeURIComponent(chosen.join(","))}` : "";
  const back = here.path(`/start?platform=${encodeURIComponent(platform.name)}${streams}`);
  const toggle = (one: string) =>
    setLeft((before) => {
      const next = new Set(before);
      if (!next.delete(one)) next.add(one);
      return next;
    });
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_minmax(0,22rem)]">
      <Card className="grid gap-4 p-4 sm:p-5">
        <h2 className="font-semibold">{t("start.connect.title", { platform: platform.label })}</h2>
        {platform.name === DEMO && <DemoHint />}
        <ConnectForm platform={platform} backTo={back} onConnected={(connection) => go.to(`${back}&connected=${connection.id}`)} />
        <p className="text-[13px] text-muted">{t("start.connect.then")}</p>
      </Card>
      {offered.length > 0 && (
        <Section title={t("start.streams.title")} about={t("start.streams.about", { chosen: chosen.length, all: offered.length })}>
          <fieldset className="grid max-h-80 gap-2 overflow-y-auto">
            <legend className="sr-only">{t("start.streams.title")}</legend>
            {offered.map((stream) => (
              <Check
                key={stream.name}
                label={stream.label}
                checked={!left.has(stream.name)}
                disabled={chosen.length === 1 && !left.has(stream.name)}
                onChange={() => toggle(stream.name)}
              />
            ))}
          </fieldset>
        </Section>
      )}
    </div>
  );
}

const COMMAND = "python -m listbackup.testing.saas";

function DemoHint() {
  const t = useT();
  return (
    <div className="grid gap-2 rounded-md bg-sunken p-3 text-sm">
      <p>{t("start.demo.how")}</p>
      <p className="flex items-center justify-between gap-2 rounded border border-line bg-surface py-1 pr-1 pl-3">
        <code className="min-w-0 font-mono text-[13px]">{COMMAND}</code>
        <CopyButton text={COMMAND} />
      </p>
    </div>
  );
}
