"use client";

import { X } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { NOUNS } from "@/lib/activity-words";
import { type Key, useT } from "@/lib/i18n";
import { useQuery } from "@/platform/params";
import { useSetQuery } from "@/platform/router";
import { FILTERS, useNames } from "@/screens/activity/queries";
import { Button } from "@/ui/button";
import { Select, TextField } from "@/ui/field";

const CALM_MS = 300;

/** What of the trail is shown. All of it stands in the address. */
export function Filters() {
  const t = useT();
  const asked = useQuery();
  const set = useSetQuery();
  const names = useNames();
  const of = (name: (typeof FILTERS)[number]) => asked.get(name) ?? "";
  const action = of("action");
  const actor = of("actor");
  const known = new Set([...names.keys(), "scheduler", "worker", "cli", ""]);
  const isFiltered = FILTERS.some((name) => of(name) !== "");
  return (
    <search className="grid grid-cols-2 gap-3 border-b border-line px-4 py-3 lg:grid-cols-[1.5fr_1fr_1fr_1fr_1fr_auto] lg:items-end">
      <div className="col-span-2 lg:col-span-1">
        <Calm label={t("activity.search")} name="q" />
      </div>
      <Select label={t("activity.kind")} value={action} onChange={(event) => set({ action: event.target.value })}>
        <option value="">{t("activity.kind.all")}</option>
        {action && !NOUNS.includes(action as (typeof NOUNS)[number]) && <option value={action}>{action.replaceAll("_", " ")}</option>}
        {NOUNS.map((noun) => (
          <option key={noun} value={noun}>
            {t(`activity.noun.${noun}` as Key)}
          </option>
        ))}
      </Select>
      <Select label={t("activity.actor")} value={actor} onChange={(event) => set({ actor: event.target.value })}>
        <option value="">{t("activity.actor.all")}</option>
        {!known.has(actor) && <option value={actor}>{t("activity.actor.other", { id: actor })}</option>}
        {[...names].map(([id, name]) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
        <option value="scheduler">{t("activity.who.scheduler")}</option>
        <option value="worker">{t("activity.who.worker")}</option>
        <option value="cli">{t("activity.who.cli")}</option>
      </Select>
      <TextField label={t("activity.since")} type="date" value={of("since")} onChange={(event) => set({ since: event.target.value })} />
      <TextField label={t("activity.until")} type="date" value={of("until")} onChange={(event) => set({ until: event.target.value })} />
      <div className="col-span-2 lg:col-span-1">
        {isFiltered && (
          <Button kind="quiet" onClick={() => set(Object.fromEntries(FILTERS.map((name) => [name, null])))}>
            <X aria-hidden />
            {t("activity.reset")}
          </Button>
        )}
      </div>
      {of("subject") && (
        <div className="col-span-2 lg:col-span-6">
          <Calm label={t("activity.subject")} name="subject" />
        </div>
      )}
    </search>
  );
}

/** A text that goes into the address when the typing rests: not every letter is a question to the server. */
function Calm({ label, name }: { label: string; name: "q" | "subject" }) {
  const asked = useQuery().get(name) ?? "";
  const set = useSetQuery();
  const [said, setSaid] = useState(asked);
  const sent = useRef(asked);
  useEffect(() => {
    if (asked !== sent.current) {
      sent.current = asked;
      setSaid(asked);
    }
  }, [asked]);
  useEffect(() => {
    if (said === sent.current) return;
    const timer = setTimeout(() => {
      sent.current = said;
      set({ [name]: said });
    }, CALM_MS);
    return () => clearTimeout(timer);
  }, [said, set, name]);
  return <TextField label={label} type="search" value={said} onChange={(event) => setSaid(event.target.value)} />;
}
