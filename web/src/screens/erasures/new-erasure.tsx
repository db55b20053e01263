"use client";

import { useState } from "react";
import { useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { useSources } from "@/lib/listings";
import { useHere } from "@/lib/session";
import { useGo } from "@/platform/router";
import { useAct } from "@/ui/act";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Check, TextField } from "@/ui/field";
import { Refused } from "@/ui/refused";
import "@/messages/en/erasures";

/** Whom to look for. The search touches nothing. */
export default function NewErasure({ text: given, onClose }: { text: string; onClose: () => void }) {
  const t = useT();
  const here = useHere();
  const go = useGo();
  const { call } = useApi();
  const sources = useSources();
  const [text, setText] = useState(given);
  const [reason, setReason] = useState("");
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [keepOut, setKeepOut] = useState(true);
  const { isBusy, problem, submit } = useAct();
  const toggle = (id: string) => setChosen(chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id]);
  const begin = submit(async () => {
    const body = {
      text: text.trim(),
      sources: chosen.length > 0 ? [...chosen] : null,
      records: [],
      reason: reason.trim(),
      keep_out: keepOut,
    };
    const { data } = await call.POST("/v2/erasures", { params: { header: { "Idempotency-Key": crypto.randomUUID() } }, body });
    if (data) go.to(here.path(`/erasures/${data.id}`));
  });
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={t("erasures.new")}
      about={t("erasures.new.about")}
      actions={
        <Button kind="primary" disabled={text.trim().length < 3 || !reason.trim()} isBusy={isBusy} onClick={() => void begin()}>
          {t("erasures.look")}
        </Button>
      }
    >
      <div className="grid gap-4">
        <TextField
          label={t("erasures.text")}
          hint={t("erasures.text.about")}
          value={text}
          maxLength={500}
          error={problem?.of("/text")}
          onChange={(event) => setText(event.target.value)}
        />
        <TextField
          label={t("erasures.reason")}
          hint={t("erasures.reason.about")}
          value={reason}
          maxLength={500}
          error={problem?.of("/reason")}
          onChange={(event) => setReason(event.target.value)}
        />
        {(sources.data?.items.length ?? 0) > 1 && (
          <fieldset className="grid gap-1.5">
            <legend className="mb-1 text-sm font-medium">{t("erasures.sources")}</legend>
            {sources.data?.items.map((one) => (
              <Check key={one.id} label={one.name} checked={chosen.includes(one.id)} onChange={() => toggle(one.id)} />
            ))}
            <p className="text-[13px] text-muted">{t("erasures.sources.about")}</p>
          </fieldset>
        )}
        <Check
          label={t("erasures.keepout")}
          hint={t("erasures.keepout.about")}
          checked={keepOut}
          onChange={(event) => setKeepOut(event.target.checked)}
        />
        <Refused problem={problem} at={["/text", "/reason"]} />
      </div>
    </Dialog>
  );
}
