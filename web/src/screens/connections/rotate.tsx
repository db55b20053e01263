"use client";

import type { FormEvent } from "react";
import { type Shape, useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { Unplaced, useForm } from "@/screens/connections/connect-form";
import { Fields } from "@/screens/connections/fields";
import { apart } from "@/screens/connections/form-values";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { SkeletonRows } from "@/ui/skeleton";
import { Shown } from "@/ui/states";
import { tell } from "@/ui/toast";

type Props = { connection: Shape["Connection"]; onClose: () => void };

/** New credentials in the place of old ones, tested before the old ones go. */
export default function Rotate({ connection, onClose }: Props) {
  const t = useT();
  const found = useApi().use.useQuery("get", "/v2/platforms/{platform}", { params: { path: { platform: connection.platform } } });
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={t("connections.one.rotate.title", { name: connection.name })}
      about={t("connections.one.rotate.about")}
    >
      <Shown query={found} skeleton={<SkeletonRows rows={4} />}>
        {(platform) => <Form platform={platform} connection={connection} onClose={onClose} />}
      </Shown>
    </Dialog>
  );
}

function Form({ platform, connection, onClose }: Props & { platform: Shape["Platform"] }) {
  const t = useT();
  const api = useApi();
  const form = useForm(platform.config, connection.name, connection.values);
  const save = (event: FormEvent) => {
    event.preventDefault();
    void form.attempt(async () => {
      await api.call.POST("/v2/connections/{connection}/rotate", {
        params: { path: { connection: connection.id } },
        body: apart(form.fields, form.given),
      });
      await api.cache.invalidateQueries({ predicate: ({ queryKey }) => String(queryKey[1]).startsWith("/v2/connections") });
      void tell(t("connections.connect.repaired", { name: connection.name }));
      onClose();
    });
  };
  return (
    <form className="grid gap-4" onSubmit={save}>
      <Fields fields={form.fields} given={form.given} onGive={form.give} problem={form.problem} isKept />
      <Unplaced problem={form.problem} fields={form.fields} />
      <Button kind="primary" type="submit" isBusy={form.isBusy} className="justify-self-start">
        {t("connections.one.rotate.go")}
      </Button>
    </form>
  );
}
