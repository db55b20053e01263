"use client";

import { Plus, X } from "lucide-react";
import { type Key, useT } from "@/lib/i18n";
import { cronOf, isZone, nextRuns } from "@/lib/schedule";
import { type Draft, EVERY_DAY, ownZone, timetableOf } from "@/screens/sources/timetable-draft";
import { dayName, planWords } from "@/screens/sources/words";
import { Button } from "@/ui/button";
import { Select, TextField } from "@/ui/field";
import { Moment } from "@/ui/time";
import "@/messages/en/sources";

type Props = { draft: Draft; onDraft: (draft: Draft) => void };
const KINDS: readonly [Draft["kind"], Key][] = [
  ["every", "sources.timetable.kind.every"],
  ["daily", "sources.timetable.kind.daily"],
  ["cron", "sources.timetable.kind.cron"],
];

/** When something runs, and beside it what that means. */
export function TimetableForm({ draft, onDraft }: Props) {
  const t = useT();
  const set = (changes: Partial<Draft>) => onDraft({ ...draft, ...changes });
  return (
    <>
      <fieldset>
        <legend className="mb-1 text-sm font-medium">{t("sources.timetable.kind")}</legend>
        <div className="flex flex-wrap gap-x-5 gap-y-1">
          {KINDS.map(([kind, name]) => (
            <label key={kind} className="flex min-h-7 items-center gap-2 text-sm">
              <input
                type="radio"
                name="kind"
                className="size-4.5 accent-accent"
                checked={draft.kind === kind}
                onChange={() => set({ kind })}
              />
              {t(name)}
            </label>
          ))}
        </div>
      </fieldset>
      <When draft={draft} onDraft={onDraft} />
      <Zone zone={draft.zone} onZone={(zone) => set({ zone })} />
      <Quiet draft={draft} onDraft={onDraft} />
      <Preview draft={draft} />
    </>
  );
}

function When({ draft, onDraft }: Props) {
  const t = useT();
  const set = (changes: Partial<Draft>) => onDraft({ ...draft, ...changes });
  if (draft.kind === "every")
    return (
      <div className="grid grid-cols-2 gap-3">
        <TextField
          label={t("sources.timetable.every")}
          inputMode="numeric"
          pattern="[1-9][0-9]*"
          required
          value={draft.every}
          onChange={(event) => set({ every: event.target.value })}
        />
        <Select
          label={t("sources.timetable.unit")}
          value={draft.unit}
          onChange={(event) => set({ unit: event.target.value as Draft["unit"] })}
        >
          <option value="minutes">{t("sources.timetable.unit.minutes")}</option>
          <option value="hours">{t("sources.timetable.unit.hours")}</option>
        </Select>
      </div>
    );
  if (draft.kind === "cron")
    return (
      <TextField
        label={t("sources.timetable.cron")}
        hint={t("sources.timetable.cron.hint")}
        className="font-mono"
        spellCheck={false}
        required
        value={draft.cron}
        error={cronOf(draft.cron) ? null : t("sources.timetable.cron.wrong")}
        onChange={(event) => set({ cron: event.target.value })}
      />
    );
  return (
    <div className="grid gap-3 sm:grid-cols-[8rem_minmax(0,1fr)]">
      <TextField
        type="time"
        label={t("sources.timetable.time")}
        required
        value={draft.time}
        onChange={(event) => set({ time: event.target.value })}
      />
      <Days label={t("sources.timetable.days")} days={draft.days} onDays={(days) => set({ days })} />
    </div>
  );
}

function Days({ label, days, onDays }: { label: string; days: readonly number[]; onDays: (days: readonly number[]) => void }) {
  const toggle = (day: number) => {
    const next = EVERY_DAY.filter((one) => (one === day ? !days.includes(one) : days.includes(one)));
    if (next.length > 0) onDays(next);
  };
  return (
    <fieldset>
      <legend className="mb-1 text-sm font-medium">{label}</legend>
      <div className="flex flex-wrap gap-1">
        {EVERY_DAY.map((day) => (
          <Button
            key={day}
            size="sm"
            kind={days.includes(day) ? "primary" : "plain"}
            aria-pressed={days.includes(day)}
            onClick={() => toggle(day)}
          >
            {dayName(day)}
          </Button>
        ))}
      </div>
    </fieldset>
  );
}

function Zone({ zone, onZone }: { zone: string; onZone: (zone: string) => void }) {
  const t = useT();
  return (
    <>
      <TextField
        label={t("sources.timetable.zone")}
        list="zones"
        required
        spellCheck={false}
        value={zone}
        error={isZone(zone) ? null : t("sources.timetable.zone.wrong")}
        onChange={(event) => onZone(event.target.value)}
      />
      <datalist id="zones">
        {[...new Set(["UTC", ownZone(), ...Intl.supportedValuesOf("timeZone")])].map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </>
  );
}

function Quiet({ draft, onDraft }: Props) {
  const t = useT();
  const set = (quiet: Draft["quiet"]) => onDraft({ ...draft, quiet });
  const change = (at: number, to: Partial<Draft["quiet"][number]>) =>
    set(draft.quiet.map((one, place) => (place === at ? { ...one, ...to } : one)));
  return (
    <fieldset className="grid gap-2">
      <legend className="mb-1 text-sm font-medium">{t("sources.timetable.quiet")}</legend>
      {draft.quiet.map((window, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a window is known by its place alone
        <div key={at} className="grid gap-2 rounded-md border border-line p-3">
          <div className="grid grid-cols-[minmax(0,1fr)_minmax(0,1fr)_auto] items-end gap-2">
            <TextField
              type="time"
              label={t("sources.timetable.quiet.from")}
              value={window.start}
              onChange={(event) => change(at, { start: event.target.value })}
            />
            <TextField
              type="time"
              label={t("sources.timetable.quiet.to")}
              value={window.end}
              onChange={(event) => change(at, { end: event.target.value })}
            />
            <Button
              kind="quiet"
              size="icon"
              aria-label={t("sources.timetable.quiet.remove")}
              onClick={() => set(draft.quiet.filter((_, place) => place !== at))}
            >
              <X aria-hidden />
            </Button>
          </div>
          <Days label={t("sources.timetable.days")} days={window.days} onDays={(days) => change(at, { days: [...days] })} />
        </div>
      ))}
      <Button
        size="sm"
        className="justify-self-start"
        onClick={() => set([...draft.quiet, { start: "08:00", end: "18:00", days: [0, 1, 2, 3, 4] }])}
      >
        <Plus aria-hidden />
        {t("sources.timetable.quiet.add")}
      </Button>
    </fieldset>
  );
}

function Preview({ draft }: { draft: Draft }) {
  const t = useT();
  const timetable = timetableOf(draft);
  const runs = timetable ? nextRuns(timetable, Date.now(), 5) : [];
  return (
    <div aria-live="polite" className="rounded-md bg-sunken px-3 py-2.5 text-sm">
      {timetable ? (
        <>
          <p className="font-medium">{planWords(timetable)}</p>
          <p className="mt-1 text-[13px] text-muted">
            {t("sources.timetable.preview")} ({t("sources.timetable.preview.zone")})
          </p>
          <ol className="tabular-nums">
            {runs.map((at) => (
              <li key={at}>
                <Moment at={new Date(at).toISOString()} />
              </li>
            ))}
          </ol>
        </>
      ) : (
        <p className="text-muted">{t("sources.timetable.preview.none")}</p>
      )}
    </div>
  );
}
