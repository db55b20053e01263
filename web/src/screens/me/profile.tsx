"use client";

import { useState } from "react";
import { type Shape, useApi } from "@/lib/api";
import { setZone } from "@/lib/format";
import { type Language, language, useT } from "@/lib/i18n";
import { useSession } from "@/lib/session";
import { THEMES, type Theme, useTheme } from "@/lib/theme";
import { LANGUAGES } from "@/messages/keys";
import { LANGUAGE_NAMES } from "@/screens/shell/language";
import { sessionQuery } from "@/screens/shell/signed-in";
import { chooseLanguage, chooseTheme, zoneOf } from "@/screens/shell/taste";
import { useAct } from "@/ui/act";
import { Button } from "@/ui/button";
import { Section } from "@/ui/card";
import { Select, TextField } from "@/ui/field";
import { Page } from "@/ui/page";
import { tell } from "@/ui/toast";
import "@/messages/en/me";

/** One's name and address, and how one likes the screens. */
export default function Profile() {
  const t = useT();
  const { me } = useSession();
  return (
    <Page title={t("me.profile.title")}>
      <div className="grid max-w-2xl gap-5">
        <Section title={t("me.name.title")} about={t("me.name.about")}>
          <NameForm key={me.version} me={me} />
        </Section>
        <Section title={t("me.email.title")} about={t("me.email.about")}>
          <EmailForm me={me} />
        </Section>
        <Section title={t("me.taste.title")} about={t("me.taste.about")}>
          <Taste me={me} />
        </Section>
      </div>
    </Page>
  );
}

function NameForm({ me }: { me: Shape["Me"] }) {
  const t = useT();
  const api = useApi();
  const [name, setName] = useState(me.name);
  const { isBusy, problem, submit } = useAct();
  const save = submit(async () => {
    await api.call.PATCH("/v2/users/me", { body: { name: name.trim() } });
    void tell(t("me.saved"));
    await api.cache.invalidateQueries({ queryKey: sessionQuery.queryKey });
  });
  return (
    <form className="flex flex-wrap items-end gap-2" onSubmit={save}>
      <div className="min-w-0 flex-1 basis-64">
        <TextField
          label={t("me.name")}
          required
          maxLength={100}
          autoComplete="name"
          value={name}
          onChange={(event) => setName(event.target.value)}
          error={problem?.message}
        />
      </div>
      <Button type="submit" isBusy={isBusy} disabled={name.trim() === me.name}>
        {t("common.save")}
      </Button>
    </form>
  );
}

function EmailForm({ me }: { me: Shape["Me"] }) {
  const t = useT();
  const api = useApi();
  const [email, setEmail] = useState("");
  const [sent, setSent] = useState<string | null>(null);
  const { isBusy, problem, submit } = useAct();
  const ask = submit(async () => {
    await api.call.POST("/v2/users/me/email", { body: { email: email.trim() } });
    setSent(email.trim());
    setEmail("");
  });
  return (
    <div className="grid gap-3">
      <p className="text-sm">{t("me.email.now", { email: me.email })}</p>
      <form className="flex flex-wrap items-end gap-2" onSubmit={ask}>
        <div className="min-w-0 flex-1 basis-64">
          <TextField
            label={t("me.email.new")}
            type="email"
            required
            autoComplete="email"
            value={email}
            onChange={(event) => setEmail(event.target.value)}
            error={problem?.message}
          />
        </div>
        <Button type="submit" isBusy={isBusy}>
          {t("me.email.go")}
        </Button>
      </form>
      <p role="status" className="text-sm text-good empty:hidden">
        {sent && t("me.email.sent", { old: me.email, email: sent })}
      </p>
    </div>
  );
}

const DEVICE = "";

function Taste({ me }: { me: Shape["Me"] }) {
  const t = useT();
  const api = useApi();
  const { act } = useAct();
  const theme = useTheme();
  const [zone, chooseZone] = useState(zoneOf(me.settings.time_zone) ?? DEVICE);
  const keepZone = act(async (wanted: string) => {
    chooseZone(wanted);
    setZone(wanted || null);
    await api.call.PATCH("/v2/users/me/settings", { body: { time_zone: wanted || "UTC" } });
    void tell(t("me.saved"));
    await api.cache.invalidateQueries({ queryKey: sessionQuery.queryKey });
  });
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <Select label={t("common.language")} value={language()} onChange={(event) => chooseLanguage(event.target.value as Language)}>
        {LANGUAGES.map((name) => (
          <option key={name} value={name} lang={name}>
            {LANGUAGE_NAMES[name]}
          </option>
        ))}
      </Select>
      <Select label={t("shell.user.theme")} value={theme} onChange={(event) => chooseTheme(event.target.value as Theme)}>
        {THEMES.map((name) => (
          <option key={name} value={name}>
            {t(`shell.theme.${name}`)}
          </option>
        ))}
      </Select>
      <Select
        label={t("me.zone")}
        hint={t("me.zone.hint")}
        value={zone}
        onChange={(event) => void keepZone(event.target.value)}
        className="sm:max-w-none"
      >
        <option value={DEVICE}>{t("me.zone.device", { zone: Intl.DateTimeFormat().resolvedOptions().timeZone })}</option>
        <option value="Etc/UTC">UTC</option>
        {Intl.supportedValuesOf("timeZone")
          .filter((name) => name !== "UTC" && name !== "Etc/UTC")
          .map((name) => (
            <option key={name} value={name}>
              {name.replaceAll("_", " ")}
            </option>
          ))}
      </Select>
    </div>
  );
}
