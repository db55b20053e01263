"use client";

import dynamic from "next/dynamic";
import { type FormEvent, useState } from "react";
import { type Shape, useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { asProblem, type Problem } from "@/lib/problem";
import { useHere } from "@/lib/session";
import { Fields } from "@/screens/connections/fields";
import { apart, asked, type ConfigField, describedFields, type Given, isSaidAtField } from "@/screens/connections/form-values";
import { leave } from "@/screens/connections/sign-in-trip";
import { Button } from "@/ui/button";
import { TextField } from "@/ui/field";
import "@/messages/en/connections";

const Application = dynamic(() => import("@/screens/connections/application"), { ssr: false });

type Method = Shape["AuthMethod"];
type ConnectFormProps = {
  platform: Shape["Platform"];
  /** Connected with a key, tested. */
  onConnected: (connection: Shape["Connection"]) => void;
  /** Where a sign-in page leads back to, an address of the app; it is opened with `?connected=<connection>`. Without it: the new connection. */
  backTo?: string;
};

/** Connects one site of a platform: with a key that is tested before it is kept, or through the platform's own page. */
export function ConnectForm({ platform, onConnected, backTo }: ConnectFormProps) {
  const t = useT();
  const methods = platform.methods ?? ["key"];
  const application = useApplication(platform);
  const [chosen, setMethod] = useState<Method | null>(null);
  const method = chosen ?? (methods.includes("oauth") && application.isThere ? "oauth" : (methods[0] ?? "key"));
  return (
    <div className="grid gap-5">
      {methods.length > 1 && <Methods methods={methods} method={method} onMethod={setMethod} />}
      {method === "oauth" ? (
        application.isMissing ? (
          <ApplicationFirst platform={platform} />
        ) : (
          <SignInForm platform={platform} backTo={backTo} />
        )
      ) : (
        <KeyForm platform={platform} onConnected={onConnected} submit={t("connections.form.go")} />
      )}
    </div>
  );
}

/** Whether people can be sent to the platform's sign-in page. A platform that somebody describes brings its application with it. */
function useApplication(platform: Shape["Platform"]) {
  const isDescribed = (platform.sign_in ?? []).some((field) => field.name === "definition");
  const here = useHere();
  const found = useApi().use.useQuery(
    "get",
    "/v2/integrations/{platform}",
    { params: { path: { platform: platform.name } } },
    { enabled: here.may("integrations:read") && !isDescribed && (platform.methods ?? []).includes("oauth") },
  );
  const isThere = Boolean(found.data?.client_id);
  return { isThere, isMissing: !isDescribed && found.data !== undefined && !isThere };
}

function Methods({ methods, method, onMethod }: { methods: readonly Method[]; method: Method; onMethod: (method: Method) => void }) {
  const t = useT();
  return (
    <fieldset>
      <legend className="mb-1 text-sm font-medium">{t("connections.form.how")}</legend>
      <div className="flex flex-wrap gap-x-5 gap-y-1">
        {methods.map((one) => (
          <label key={one} className="flex min-h-7 items-center gap-2 text-sm">
            <input type="radio" name="method" className="size-4.5 accent-accent" checked={one === method} onChange={() => onMethod(one)} />
            {one === "key" ? t("connections.method.key") : t("connections.method.oauth")}
          </label>
        ))}
      </div>
    </fieldset>
  );
}

function ApplicationFirst({ platform }: { platform: Shape["Platform"] }) {
  const t = useT();
  const here = useHere();
  const [isOpen, setOpen] = useState(false);
  const may = here.may("integrations:manage");
  return (
    <div className="grid justify-items-start gap-2 rounded-md bg-warn-soft px-4 py-3 text-sm text-warn">
      <p className="font-medium">{t("connections.form.application.title", { platform: platform.label })}</p>
      <p>
        {may
          ? t("connections.form.application.text", { platform: platform.label })
          : t("connections.form.application.ask", { platform: platform.label })}
      </p>
      {may && (
        <Button size="sm" onClick={() => setOpen(true)}>
          {t("connections.form.application.go")}
        </Button>
      )}
      {isOpen && <Application platform={platform.name} label={platform.label} onClose={() => setOpen(false)} />}
    </div>
  );
}

/** Sends the person to the platform's page; `/connections` is where they come back. */
function SignInForm({ platform, backTo }: { platform: Shape["Platform"]; backTo?: string }) {
  const t = useT();
  const api = useApi();
  const here = useHere();
  const form = useForm(platform.sign_in ?? [], "");
  const send = async (event: FormEvent) => {
    event.preventDefault();
    await form.attempt(async () => {
      const { data } = await api.call.POST("/v2/connections/oauth/{platform}/start", {
        params: { path: { platform: platform.name } },
        body: { ...apart(form.fields, form.given), name: form.name.trim() || null },
      });
      if (data) leave(here.account.id, backTo ?? here.path("/connections"), data.url);
    });
  };
  return (
    <form className="grid gap-4" onSubmit={(event) => void send(event)}>
      <p className="text-sm text-muted">{t("connections.form.signin.about", { platform: platform.label })}</p>
      <Fields fields={form.fields} given={form.given} onGive={form.give} problem={form.problem} />
      <Unplaced problem={form.problem} fields={form.fields} />
      <Button kind="primary" type="submit" isBusy={form.isBusy} className="justify-self-start">
        {t("connections.form.signin", { platform: platform.label })}
      </Button>
    </form>
  );
}

function KeyForm({
  platform,
  onConnected,
  submit,
}: {
  platform: Shape["Platform"];
  onConnected: (connection: Shape["Connection"]) => void;
  submit: string;
}) {
  const t = useT();
  const api = useApi();
  const form = useForm(platform.config, platform.label);
  const connect = (test: boolean) =>
    form.attempt(async () => {
      const body = { platform: platform.name, name: form.name.trim(), ...apart(form.fields, form.given), test };
      const { data } = await api.call.POST("/v2/connections", { body });
      await api.cache.invalidateQueries({ queryKey: ["get", "/v2/connections"] });
      if (data) onConnected(data);
    });
  return (
    <form
      className="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        void connect(true);
      }}
    >
      <Fields fields={form.fields} given={form.given} onGive={form.give} problem={form.problem} />
      <TextField
        label={t("connections.form.name")}
        hint={t("connections.form.name.hint")}
        required
        autoComplete="off"
        value={form.name}
        onChange={(event) => form.setName(event.target.value)}
        error={form.problem?.of("/name")}
      />
      <Unplaced problem={form.problem} fields={form.fields} />
      <div className="flex flex-wrap items-center gap-3">
        <Button kind="primary" type="submit" isBusy={form.isBusy}>
          {submit}
        </Button>
        {form.problem?.code === "platform_unreachable" && (
          <>
            <Button onClick={() => void connect(false)} disabled={form.isBusy}>
              {t("connections.form.untested")}
            </Button>
            <p className="text-[13px] text-muted">{t("connections.form.untested.about")}</p>
          </>
        )}
      </div>
    </form>
  );
}

/** What a person has said so far, and what was refused of it. A described platform's own fields appear as its description names them. */
export function useForm(config: readonly ConfigField[], named: string, known: Given = {}) {
  const [name, setName] = useState(named);
  const [given, setGiven] = useState<Given>(known);
  const [more, setMore] = useState<ConfigField[]>([]);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBusy, setBusy] = useState(false);
  const isDescribed = config.some((field) => field.name === "definition");
  const described = isDescribed ? describedFields(given.definition ?? "") : [];
  const fields = [...config, ...described, ...more.filter((field) => !described.some((one) => one.name === field.name))];
  const attempt = async (act: () => Promise<void>) => {
    setBusy(true);
    setProblem(null);
    try {
      await act();
    } catch (error) {
      const found = asProblem(error);
      setProblem(found.code === "step_up_required" ? null : found);
      if (isDescribed) setMore((known) => [...known, ...asked(found, fields)]);
    } finally {
      setBusy(false);
    }
  };
  return {
    name,
    setName,
    given,
    give: (field: string, value: string) => setGiven((old) => ({ ...old, [field]: value })),
    fields,
    problem,
    isBusy,
    attempt,
  };
}

/** What was refused of no field that the form shows. */
export function Unplaced({ problem, fields }: { problem: Problem | null; fields: readonly ConfigField[] }) {
  if (!problem || isSaidAtField(problem, fields) || /definition/.test(problem.message)) return null;
  return (
    <div role="alert" className="rounded-md bg-bad-soft px-3 py-2 text-sm text-bad">
      <p className="font-medium">{problem.message || problem.title}</p>
      {problem.hint && <p>{problem.hint}</p>}
    </div>
  );
}
