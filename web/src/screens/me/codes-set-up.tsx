"use client";

import { useEffect, useRef, useState } from "react";
import { type Shape, useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { asProblem } from "@/lib/problem";
import { saidOf } from "@/screens/entry/said";
import { useAct } from "@/ui/act";
import { Button } from "@/ui/button";
import { CopyButton } from "@/ui/copy";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import { Skeleton } from "@/ui/skeleton";

/** A new seed as a picture and as text, and the first code, which puts it in force. */
export default function CodesSetUp({ onClose, onDone }: { onClose: () => void; onDone: (codes: readonly string[]) => void }) {
  const t = useT();
  const api = useApi();
  const [seed, setSeed] = useState<Shape["MfaSetupOut"] | null>(null);
  const [code, setCode] = useState("");
  const { isBusy, problem, setProblem, submit } = useAct();
  const closing = useRef(onClose);
  useEffect(() => {
    let isGone = false;
    api.call.POST("/v2/auth/mfa/setup").then(
      ({ data }) => !isGone && setSeed(data ?? null),
      (error) => {
        if (isGone) return;
        if (asProblem(error).code === "step_up_required") closing.current();
        else setProblem(asProblem(error));
      },
    );
    return () => {
      isGone = true;
    };
  }, [api, setProblem]);
  const verify = submit(async () => {
    const { data } = await api.call.POST("/v2/auth/mfa/verify", { body: { code: code.replace(/\s/g, "") } });
    if (data) onDone(data.recovery_codes);
  });
  return (
    <Dialog isOpen onClose={onClose} title={t("me.setup.title")} about={t("me.setup.about")}>
      <form className="grid gap-4" onSubmit={verify}>
        <div className="grid place-items-center rounded-lg border border-line bg-white p-3">
          {seed ? (
            // biome-ignore lint/performance/noImgElement: a data URL, nothing to optimise
            <img src={seed.qr_png} alt={t("me.setup.qr")} className="size-48 [image-rendering:pixelated]" />
          ) : (
            <Skeleton className="size-48" />
          )}
        </div>
        <div className="grid gap-1 text-sm">
          <p className="text-muted">{t("me.setup.secret")}</p>
          <p className="flex items-center justify-between gap-2 rounded-md bg-sunken py-1 pr-1 pl-3">
            <code className="min-h-6 min-w-0 font-mono text-[13px]">{seed?.secret.match(/.{1,4}/g)?.join(" ")}</code>
            {seed && <CopyButton text={seed.secret} />}
          </p>
        </div>
        <TextField
          label={t("me.setup.code")}
          required
          inputMode="numeric"
          autoComplete="one-time-code"
          value={code}
          onChange={(event) => setCode(event.target.value)}
          error={problem && saidOf(problem)}
        />
        <Button kind="primary" type="submit" isBusy={isBusy} disabled={!seed}>
          {t("me.setup.go")}
        </Button>
      </form>
    </Dialog>
  );
}
