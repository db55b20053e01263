"use client";

import { type FormEvent, useState } from "react";
import { useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { isClosed, makePasskey } from "@/lib/passkey";
import { asProblem } from "@/lib/problem";
import { saidOf } from "@/screens/entry/said";
import { deviceOf } from "@/screens/me/device-of";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import { tell } from "@/ui/toast";

/** Names a passkey and lets the browser make it. */
export default function PasskeyAdd({ onClose, onDone }: { onClose: () => void; onDone: () => void }) {
  const t = useT();
  const api = useApi();
  const [name, setName] = useState(() => deviceOf(navigator.userAgent));
  const [wrong, setWrong] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const add = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setWrong(null);
    try {
      const { data } = await api.call.POST("/v2/auth/passkeys/register/options");
      const credential = await makePasskey(data?.public_key ?? {});
      await api.call.POST("/v2/auth/passkeys/register", { body: { credential, name: name.trim() } });
      void tell(t("me.passkeys.added"));
      onDone();
    } catch (error) {
      if (isClosed(error)) setWrong(t("me.passkeys.closed"));
      else if (error instanceof DOMException) setWrong(t(error.name === "InvalidStateError" ? "me.passkeys.known" : "me.passkeys.failed"));
      else if (asProblem(error).code !== "step_up_required") setWrong(saidOf(asProblem(error)));
      setBusy(false);
    }
  };
  return (
    <Dialog isOpen onClose={onClose} title={t("me.passkeys.add")} about={t("me.passkeys.add.about")}>
      <form className="grid gap-4" onSubmit={(event) => void add(event)}>
        <TextField
          autoFocus
          required
          maxLength={100}
          label={t("me.passkeys.name")}
          value={name}
          onChange={(event) => setName(event.target.value)}
          error={wrong}
        />
        <Button kind="primary" type="submit" isBusy={isBusy}>
          {t("me.passkeys.make")}
        </Button>
      </form>
    </Dialog>
  );
}
