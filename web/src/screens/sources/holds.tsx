"use client";

import { useState } from "react";
import { type Shape, useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { useHere } from "@/lib/session";
import type { Standing } from "@/screens/sources/standing";
import { useAct } from "@/ui/act";
import { Button } from "@/ui/button";
import { Section } from "@/ui/card";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import { Moment } from "@/ui/time";
import { tell } from "@/ui/toast";
import "@/messages/en/sources";

/** Snapshots that stay whatever the rules say. */
export function Holds({ standing }: { standing: Standing }) {
  const t = useT();
  const api = useApi();
  const here = useHere();
  const { act } = useAct();
  const [isOpen, setOpen] = useState(false);
  const may = here.may("retention:manage");
  const held = standing.snapshots.filter((one) => one.held);
  const newest = standing.last;
  const release = act(async (snapshot: Shape["SnapshotShown"]) => {
    const params = { path: { snapshot: snapshot.id } };
    const again = () => api.call.POST("/v2/snapshots/{snapshot}/hold", { params, body: { reason: snapshot.held ?? "" } });
    await api.call.DELETE("/v2/snapshots/{snapshot}/hold", { params });
    await fresh(api);
    void tell(t("sources.hold.released", { number: snapshot.number }), async () => {
      await again();
      await fresh(api);
    });
  });
  return (
    <Section
      title={t("sources.hold.title")}
      about={t("sources.hold.about")}
      isFlush
      actions={
        may &&
        newest &&
        !newest.held && (
          <Button size="sm" onClick={() => setOpen(true)}>
            {t("sources.hold.newest")}
          </Button>
        )
      }
    >
      {held.length === 0 ? (
        <p className="p-4 text-sm text-muted">{t("sources.hold.none")}</p>
      ) : (
        <ul className="divide-y divide-line">
          {held.map((one) => (
            <li key={one.id} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2 text-sm">
              <span className="tabular-nums">{t("sources.keep.snapshot", { number: one.number })}</span>
              <span className="text-muted">
                <Moment at={one.at} />
              </span>
              <span className="min-w-0 flex-1">{one.held}</span>
              {may && (
                <Button size="sm" onClick={() => void release(one)}>
                  {t("sources.hold.release")}
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
      {isOpen && newest && <HoldDialog snapshot={newest} onClose={() => setOpen(false)} />}
    </Section>
  );
}

const fresh = (api: ReturnType<typeof useApi>) =>
  api.cache.invalidateQueries({ predicate: ({ queryKey }) => /^\/v2\/(sources|snapshots)/.test(String(queryKey[1])) });

function HoldDialog({ snapshot, onClose }: { snapshot: Shape["SnapshotShown"]; onClose: () => void }) {
  const t = useT();
  const api = useApi();
  const { isBusy, problem, submit } = useAct();
  const [reason, setReason] = useState("");
  const hold = submit(async () => {
    await api.call.POST("/v2/snapshots/{snapshot}/hold", {
      params: { path: { snapshot: snapshot.id } },
      body: { reason: reason.trim() },
    });
    await fresh(api);
    void tell(t("sources.hold.done", { number: snapshot.number }));
    onClose();
  });
  return (
    <Dialog isOpen onClose={onClose} title={t("sources.hold.hold", { number: snapshot.number })} about={t("sources.hold.about")}>
      <form className="grid gap-4" onSubmit={hold}>
        <TextField
          label={t("sources.hold.reason")}
          required
          value={reason}
          onChange={(event) => setReason(event.target.value)}
          error={problem?.message}
        />
        <Button kind="primary" type="submit" isBusy={isBusy} className="justify-self-start">
          {t("common.save")}
        </Button>
      </form>
    </Dialog>
  );
}
