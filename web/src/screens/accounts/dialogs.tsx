"use client";

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { allPages } from "@/lib/all-pages";
import { type Shape, useApi } from "@/lib/api";
import { type Key, useT } from "@/lib/i18n";
import { useHere } from "@/lib/session";
import type { Act, Subject } from "@/screens/accounts/acts";
import { forgetAccounts } from "@/screens/accounts/queries";
import { useAct } from "@/ui/act";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Check, Select, TextArea, TextField } from "@/ui/field";
import { Refused } from "@/ui/refused";
import { Skeleton } from "@/ui/skeleton";
import { tell } from "@/ui/toast";

type Props = { act: Act; subject: Subject; onClose: () => void; onGone?: () => void };

const FORM = "account-act";
const TITLES: Record<Act, Key> = {
  create: "accounts.create.title",
  rename: "accounts.rename.title",
  move: "accounts.move.title",
  suspend: "accounts.suspend.title",
  delete: "accounts.delete.title",
};
const ABOUTS: Record<Act, Key> = {
  create: "accounts.create.about",
  rename: "accounts.rename.about",
  move: "accounts.move.about",
  suspend: "accounts.suspend.about",
  delete: "accounts.delete.about",
};
const GOES: Record<Act, Key> = {
  create: "accounts.create.go",
  rename: "common.save",
  move: "accounts.move.go",
  suspend: "accounts.suspend.go",
  delete: "accounts.delete.go",
};

/** The question before an act in the tree of accounts. */
export default function Dialogs({ act, subject, onClose, onGone }: Props) {
  const t = useT();
  const run = useDeed(act, subject, onGone);
  const [text, setText] = useState(act === "rename" ? subject.name : "");
  const [parent, setParent] = useState("");
  const [isSure, setSure] = useState(false);
  const { isBusy, problem: wrong, submit } = useAct();
  const begin = submit(async () => {
    await run({ text: text.trim(), parent: parent || null, isSure });
    onClose();
  });
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={t(TITLES[act], { name: subject.name })}
      about={t(ABOUTS[act], { name: subject.name })}
      actions={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button
            kind={act === "delete" ? "danger" : "primary"}
            type="submit"
            form={FORM}
            isBusy={isBusy}
            disabled={(act === "move" && !parent) || (act === "delete" && text.trim() !== subject.name)}
          >
            {t(GOES[act])}
          </Button>
        </>
      }
    >
      <form id={FORM} className="grid gap-4" onSubmit={begin}>
        {(act === "create" || act === "rename") && (
          <TextField
            autoFocus
            required
            maxLength={100}
            autoComplete="off"
            label={t("accounts.name")}
            value={text}
            onChange={(event) => setText(event.target.value)}
            error={wrong?.of("/name")}
          />
        )}
        {act === "move" && <Places subject={subject} value={parent} onChange={setParent} error={wrong?.of("/parent") ?? null} />}
        {act === "suspend" && (
          <TextArea
            autoFocus
            required
            maxLength={500}
            label={t("accounts.suspend.why")}
            hint={t("accounts.suspend.why.hint")}
            value={text}
            onChange={(event) => setText(event.target.value)}
            error={wrong?.of("/why")}
          />
        )}
        {act === "delete" && (
          <>
            <Check
              label={t("accounts.delete.branch")}
              hint={t("accounts.delete.branch.hint")}
              checked={isSure}
              onChange={(event) => setSure(event.target.checked)}
            />
            <TextField
              autoFocus
              autoComplete="off"
              label={t("accounts.delete.confirm", { name: subject.name })}
              value={text}
              onChange={(event) => setText(event.target.value)}
            />
          </>
        )}
        <Refused problem={wrong} at={["/name", "/parent", "/why"]} />
      </form>
    </Dialog>
  );
}

type Said = { text: string; parent: string | null; isSure: boolean };

/** What an act does, and what is told of it afterwards. */
function useDeed(deed: Act, subject: Subject, onGone?: () => void): (said: Said) => Promise<void> {
  const t = useT();
  const api = useApi();
  const { act } = useAct();
  const params = { path: { account: subject.id } };
  const takeBack = act(async () => {
    await api.call.POST("/v2/accounts/{account}/restore", { params });
    forgetAccounts(api);
    void tell(t("accounts.restored", { name: subject.name }));
  });
  const move = async (parent: string | null) => {
    await api.call.POST("/v2/accounts/{account}/move", { params, body: { parent } });
    forgetAccounts(api);
  };
  const doing: Record<Act, (said: Said) => Promise<void>> = {
    create: async ({ text }) => {
      await api.call.POST("/v2/accounts/{account}/sub-accounts", { params, body: { name: text } });
      void tell(t("accounts.created", { name: text }));
    },
    rename: async ({ text }) => {
      await api.call.PATCH("/v2/accounts/{account}", { params, body: { name: text } });
      const undo = async () => {
        await api.call.PATCH("/v2/accounts/{account}", { params, body: { name: subject.name } });
        forgetAccounts(api);
      };
      void tell(t("accounts.renamed", { name: text }), undo);
    },
    move: async ({ parent }) => {
      await move(parent);
      const before = subject.parent;
      void tell(t("accounts.moved", { name: subject.name }), before ? () => move(before) : undefined);
    },
    suspend: async ({ text }) => {
      await api.call.POST("/v2/accounts/{account}/suspend", { params, body: { why: text } });
      void tell(t("accounts.suspended", { name: subject.name }));
    },
    delete: async ({ isSure }) => {
      await api.call.DELETE("/v2/accounts/{account}", { params: { ...params, query: { branch: isSure } } });
      void tell(t("accounts.deleted", { name: subject.name }), takeBack);
      onGone?.();
    },
  };
  return async (said) => {
    await doing[deed](said);
    forgetAccounts(api);
  };
}

/** Where a branch can go: every account that one reaches, but what lies within the branch itself. */
function Places({
  subject,
  value,
  onChange,
  error,
}: {
  subject: Subject;
  value: string;
  onChange: (id: string) => void;
  error: string | null;
}) {
  const t = useT();
  const here = useHere();
  const api = useApi();
  const places = useQuery({
    queryKey: ["accounts", "reached"],
    queryFn: () => allPages(async (cursor) => (await api.call.GET("/v2/accounts", { params: { query: { limit: 500, cursor } } })).data),
  });
  if (!places.data) return <Skeleton className="h-9" />;
  return (
    <Select label={t("accounts.move.to")} required value={value} onChange={(event) => onChange(event.target.value)} error={error}>
      <option value="" disabled>
        {t("accounts.move.choose")}
      </option>
      {placesFor(places.data.items, subject).map(({ account, depth }) => (
        <option key={account.id} value={account.id}>
          {"  ".repeat(depth)}
          {account.name}
          {account.id === here.account.id ? ` (${t("accounts.here")})` : ""}
        </option>
      ))}
    </Select>
  );
}

function placesFor(all: readonly Shape["AccountShown"][], subject: Subject) {
  const depths = new Map<string, number>();
  const inside = new Set([subject.id]);
  const found: { account: Shape["AccountShown"]; depth: number }[] = [];
  for (const account of all) {
    const depth = account.parent && depths.has(account.parent) ? (depths.get(account.parent) as number) + 1 : 0;
    depths.set(account.id, depth);
    if (account.parent && inside.has(account.parent)) inside.add(account.id);
    if (!inside.has(account.id) && account.id !== subject.parent) found.push({ account, depth });
  }
  return found;
}
