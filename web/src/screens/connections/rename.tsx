"use client";

import { useState } from "react";
import { type Shape, useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { useAct } from "@/ui/act";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import { tell } from "@/ui/toast";

/** Gives a connection another name. */
export default function Rename({ connection, onClose }: { connection: Shape["Connection"]; onClose: () => void }) {
  const t = useT();
  const api = useApi();
  const [name, setName] = useState(connection.name);
  const { isBusy, problem, submit } = useAct();
  const save = submit(async () => {
    await api.call.PATCH("/v2/connections/{connection}", {
      params: { path: { connection: connection.id } },
      body: { name: name.trim() },
    });
    await api.cache.invalidateQueries({ predicate: ({ queryKey }) => String(queryKey[1]).startsWith("/v2/connections") });
    void tell(t("connections.one.renamed", { name: name.trim() }));
    onClose();
  });
  return (
    <Dialog isOpen onClose={onClose} title={t("connections.one.rename.title")}>
      <form className="grid gap-4" onSubmit={save}>
        <TextField
          label={t("connections.form.name")}
          required
          autoComplete="off"
          value={name}
          onChange={(event) => setName(event.target.value)}
          error={problem?.message}
        />
        <Button kind="primary" type="submit" isBusy={isBusy} className="justify-self-start">
          {t("common.save")}
        </Button>
      </form>
    </Dialog>
  );
}
