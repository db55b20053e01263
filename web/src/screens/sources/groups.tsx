"use client";

import { Trash2 } from "lucide-react";
import { useState } from "react";
import { type Shape, useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { useAct } from "@/ui/act";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import { SkeletonRows } from "@/ui/skeleton";
import { Shown } from "@/ui/states";
import { tell } from "@/ui/toast";
import "@/messages/en/sources";

/** The groups of the account: made, renamed, deleted. Who belongs to one is chosen in a source's settings. */
export default function Groups({ onClose }: { onClose: () => void }) {
  const t = useT();
  const groups = useApi().use.useQuery("get", "/v2/source-groups", { params: { query: { limit: 500 } } });
  return (
    <Dialog isOpen onClose={onClose} title={t("sources.groups")} about={t("sources.settings.groups.about")}>
      <div className="grid gap-4">
        <Shown query={groups} skeleton={<SkeletonRows rows={3} />}>
          {(data) =>
            data.items.length === 0 ? (
              <p className="text-sm text-muted">{t("sources.settings.groups.none")}</p>
            ) : (
              <ul className="grid gap-2">
                {data.items.map((group) => (
                  <Group key={group.id} group={group} />
                ))}
              </ul>
            )
          }
        </Shown>
        <NewGroup />
      </div>
    </Dialog>
  );
}

const fresh = (api: ReturnType<typeof useApi>) => api.cache.invalidateQueries({ queryKey: ["get", "/v2/source-groups"] });

function Group({ group }: { group: Shape["SourceGroup"] }) {
  const t = useT();
  const api = useApi();
  const { act } = useAct();
  const params = { path: { group: group.id } };
  const rename = act(async (name: string) => {
    if (name.trim() === "" || name.trim() === group.name) return;
    await api.call.PATCH("/v2/source-groups/{group}", { params, body: { name: name.trim() } });
    await fresh(api);
  });
  const forget = act(async () => {
    await api.call.DELETE("/v2/source-groups/{group}", { params });
    await fresh(api);
    void tell(t("sources.settings.groups.deleted", { name: group.name }), async () => {
      await api.call.POST("/v2/source-groups", { body: { name: group.name, sources: group.sources ?? [] } });
      await fresh(api);
    });
  });
  return (
    <li className="flex items-center gap-2">
      <div className="min-w-0 flex-1">
        <TextField
          isLabelHidden
          label={t("sources.settings.groups.rename")}
          defaultValue={group.name}
          onBlur={(event) => void rename(event.target.value)}
        />
      </div>
      <span className="w-20 text-[13px] whitespace-nowrap text-muted">
        {t("sources.settings.groups.sources", { count: group.sources?.length ?? 0 })}
      </span>
      <Button kind="quiet" size="icon-sm" aria-label={t("sources.settings.groups.delete", { name: group.name })} onClick={forget}>
        <Trash2 aria-hidden />
      </Button>
    </li>
  );
}

/** Makes a group, with a first source where one is given. */
export function NewGroup({ source }: { source?: string }) {
  const t = useT();
  const api = useApi();
  const { isBusy, problem, submit } = useAct();
  const [name, setName] = useState("");
  const add = submit(async () => {
    await api.call.POST("/v2/source-groups", { body: { name: name.trim(), sources: source ? [source] : [] } });
    await fresh(api);
    setName("");
  });
  return (
    <form className="flex items-start gap-2" onSubmit={add}>
      <div className="min-w-0 flex-1">
        <TextField
          isLabelHidden
          label={t("sources.settings.groups.new")}
          placeholder={t("sources.settings.groups.new")}
          required
          value={name}
          onChange={(event) => setName(event.target.value)}
          error={problem?.message}
        />
      </div>
      <Button type="submit" isBusy={isBusy}>
        {t("sources.settings.groups.add")}
      </Button>
    </form>
  );
}
