"use client";

import { useState } from "react";
import { useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { forgetPeople, versioned } from "@/screens/people/queries";
import type { TeamAct } from "@/screens/people/teams";
import { useAct } from "@/ui/act";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import { Refused } from "@/ui/refused";
import { tell } from "@/ui/toast";

const FORM = "team";

/** Making, renaming and deleting a team. */
export default function TeamDialog({ open, onClose }: { open: TeamAct; onClose: () => void }) {
  const t = useT();
  const api = useApi();
  const before = open.act === "create" ? "" : open.team.name;
  const [name, setName] = useState(before);
  const { isBusy, problem: wrong, submit } = useAct();
  const act = async () => {
    const body = { name: name.trim() };
    if (open.act === "create") {
      await api.call.POST("/v2/teams", { body });
      return t("people.teams.created", body);
    }
    const path = { team: open.team.id };
    if (open.act === "rename") {
      await api.call.PATCH("/v2/teams/{team}", { params: { path, header: versioned(open.team.version) }, body });
      return t("people.teams.renamed", body);
    }
    await api.call.DELETE("/v2/teams/{team}", { params: { path } });
    return t("people.teams.deleted", { name: before });
  };
  const save = submit(async () => {
    void tell(await act());
    forgetPeople(api);
    onClose();
  });
  const words = {
    create: { title: t("people.teams.new"), about: t("people.teams.new.about"), go: t("people.teams.create") },
    rename: { title: t("people.teams.rename.title", { name: before }), about: undefined, go: t("common.save") },
    delete: {
      title: t("people.teams.delete.title", { name: before }),
      about: t("people.teams.delete.about"),
      go: t("people.teams.delete"),
    },
  }[open.act];
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={words.title}
      about={words.about}
      actions={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button kind={open.act === "delete" ? "danger" : "primary"} type="submit" form={FORM} isBusy={isBusy}>
            {words.go}
          </Button>
        </>
      }
    >
      <form id={FORM} onSubmit={save} className="grid gap-4">
        {open.act !== "delete" && (
          <TextField
            autoFocus
            required
            maxLength={100}
            autoComplete="off"
            label={t("people.teams.name")}
            value={name}
            onChange={(event) => setName(event.target.value)}
            error={wrong?.of("/name")}
          />
        )}
        <Refused problem={wrong} at={["/name"]} />
      </form>
    </Dialog>
  );
}
