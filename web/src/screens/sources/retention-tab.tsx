"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useDeferredValue, useState } from "react";
import { type Shape, useApi } from "@/lib/api";
import { daysAsDuration, secondsOf } from "@/lib/duration";
import { useT } from "@/lib/i18n";
import { asProblem } from "@/lib/problem";
import { useHere } from "@/lib/session";
import { Gone } from "@/screens/sources/gone";
import { Holds } from "@/screens/sources/holds";
import { RetentionPreview } from "@/screens/sources/retention-preview";
import type { Standing } from "@/screens/sources/standing";
import { useAct } from "@/ui/act";
import { Button } from "@/ui/button";
import { Section } from "@/ui/card";
import { TextField } from "@/ui/field";
import { Refused } from "@/ui/refused";
import { SkeletonRows } from "@/ui/skeleton";
import { Shown } from "@/ui/states";
import { tell } from "@/ui/toast";
import "@/messages/en/sources";

const COUNTS = ["hourly", "daily", "weekly", "monthly", "yearly", "last"] as const;
const FEWEST_GOOD = 3; // what the API takes
type Draft = Record<(typeof COUNTS)[number] | "within" | "min_good", string>;

/** What is kept of a source; what other rules would do is shown before they are kept. */
export default function RetentionTab({ standing }: { standing: Standing }) {
  const api = useApi();
  const params = { path: { source: standing.source.id } };
  const kept = api.use.useQuery("get", "/v2/sources/{source}/retention", { params });
  return (
    <div className="grid gap-5">
      <Shown query={kept} skeleton={<SkeletonRows />}>
        {(data) => <Rules key={JSON.stringify(data.effective)} standing={standing} kept={data} />}
      </Shown>
      <Holds standing={standing} />
      <Gone source={standing.source.id} />
    </div>
  );
}

function Rules({ standing, kept }: { standing: Standing; kept: Shape["RetentionShown"] }) {
  const t = useT();
  const here = useHere();
  const source = standing.source.id;
  const [draft, setDraft] = useState(() => draftOf(kept.own ?? kept.effective));
  const policy = policyOf(useDeferredValue(draft), kept.effective.time_zone);
  const { isBusy, problem, act, submit } = useAct();
  const put = usePut(source);
  const save = submit(() => put(policyOf(draft, kept.effective.time_zone)));
  const reset = act(() => put(null));
  const preview = usePreview(source, policy);
  const may = here.may("retention:manage");
  const wrong = problem ?? asProblem(preview.error);
  return (
    <div className="grid items-start gap-5 lg:grid-cols-2">
      <Section title={t("sources.keep.title")} about={kept.own ? t("sources.keep.own") : t("sources.keep.jobs")}>
        <form className="grid gap-4" onSubmit={save}>
          <p className="text-[13px] text-muted">{t("sources.keep.about")}</p>
          <div className="grid grid-cols-2 gap-3 sm:grid-cols-3">
            {COUNTS.map((name) => (
              <NumberField
                key={name}
                label={t(`sources.keep.${name}`)}
                value={draft[name]}
                isFixed={!may}
                error={wrong.of(`/retention/${name}`)}
                onValue={(value) => setDraft({ ...draft, [name]: value })}
              />
            ))}
          </div>
          <div className="grid gap-3 sm:grid-cols-2">
            <NumberField
              label={t("sources.keep.within")}
              hint={t("sources.keep.within.hint")}
              value={draft.within}
              isFixed={!may}
              error={wrong.of("/retention/within")}
              onValue={(within) => setDraft({ ...draft, within })}
            />
            <NumberField
              label={t("sources.keep.good")}
              min={FEWEST_GOOD}
              value={draft.min_good}
              isFixed={!may}
              error={wrong.of("/retention/min_good")}
              onValue={(min_good) => setDraft({ ...draft, min_good })}
            />
          </div>
          {isWithoutRule(policy) && <p className="text-sm">{t("sources.keep.all")}</p>}
          {kept.minimum && (
            <p className="text-[13px] text-muted">{t("sources.keep.minimum", { days: Math.round(secondsOf(kept.minimum) / 86_400) })}</p>
          )}
          <Refused problem={problem} at={[...COUNTS, "within", "min_good"].map((name) => `/retention/${name}`)} />
          {may && (
            <div className="flex flex-wrap gap-2">
              <Button kind="primary" type="submit" isBusy={isBusy}>
                {t("sources.keep.save")}
              </Button>
              {kept.own && (
                <Button kind="quiet" onClick={reset}>
                  {t("sources.keep.reset")}
                </Button>
              )}
            </div>
          )}
        </form>
      </Section>
      <RetentionPreview preview={preview} />
    </div>
  );
}

function NumberField({
  label,
  hint,
  min = 0,
  value,
  isFixed,
  error,
  onValue,
}: {
  label: string;
  hint?: string;
  min?: number;
  value: string;
  isFixed: boolean;
  error?: string | null;
  onValue: (value: string) => void;
}) {
  return (
    <TextField
      type="number"
      inputMode="numeric"
      min={min}
      label={label}
      hint={hint}
      value={value}
      disabled={isFixed}
      error={error}
      onChange={(event) => onValue(event.target.value)}
    />
  );
}

function draftOf(policy: Shape["Policy"]): Draft {
  const counts = Object.fromEntries(COUNTS.map((name) => [name, String(policy[name] ?? 0)])) as Draft;
  const days = policy.within ? Math.round(secondsOf(policy.within) / 86_400) : 0;
  return { ...counts, within: String(days), min_good: String(policy.min_good ?? FEWEST_GOOD) };
}

function policyOf(draft: Draft, timeZone: string | undefined): Shape["PolicyIn"] {
  const whole = (text: string) => Math.max(0, Math.floor(Number(text) || 0));
  const counts = Object.fromEntries(COUNTS.map((name) => [name, whole(draft[name])]));
  const days = whole(draft.within);
  return { ...counts, within: days > 0 ? daysAsDuration(days) : null, min_good: whole(draft.min_good), time_zone: timeZone ?? "UTC" };
}

const isWithoutRule = (policy: Shape["PolicyIn"]) => !policy.within && COUNTS.every((name) => !policy[name]);

/** What rules would do to today's snapshots, asked anew with each change; the last answer stays until the next is there. */
function usePreview(source: string, retention: Shape["PolicyIn"]) {
  const api = useApi();
  return useQuery({
    queryKey: ["get", "/v2/sources/{source}/retention/preview", source, retention],
    queryFn: async ({ signal }) => {
      await new Promise((resolve) => setTimeout(resolve, 250)); // who types a number does not ask for each digit
      signal.throwIfAborted();
      const said = await api.call.POST("/v2/sources/{source}/retention/preview", {
        params: { path: { source } },
        body: { retention },
        signal,
      });
      if (!said.data) throw new Error("no answer");
      return said.data;
    },
    placeholderData: keepPreviousData,
    retry: false,
  });
}

function usePut(source: string) {
  const t = useT();
  const api = useApi();
  return async (retention: Shape["PolicyIn"] | null) => {
    await api.call.PUT("/v2/sources/{source}/retention", { params: { path: { source } }, body: { retention } });
    await api.cache.invalidateQueries({ queryKey: ["get", "/v2/sources/{source}/retention"] });
    void tell(t("sources.keep.saved"));
  };
}
