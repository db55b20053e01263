"use client";

import type { Shape } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { Button } from "@/ui/button";
import { CopyButton } from "@/ui/copy";
import { Dialog } from "@/ui/dialog";

/** A key's text: shown once, and kept nowhere in the app. Escape closes it like any dialog; the text is then gone. */
export function KeyText({ made, onClose }: { made: Shape["KeyMade"]; onClose: () => void }) {
  const t = useT();
  const trial = `curl -H "Authorization: Bearer ${made.text}" ${window.location.origin}/v2/sources`;
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={t("keys.shown.title", { name: made.key.name })}
      about={t("keys.shown.about")}
      actions={
        <Button kind="primary" onClick={onClose}>
          {t("keys.shown.done")}
        </Button>
      }
    >
      <div className="grid gap-4">
        <div className="grid gap-2">
          <code className="rounded-md border border-line bg-sunken px-3 py-2.5 text-sm break-all select-all">{made.text}</code>
          <div>
            <CopyButton text={made.text} label={t("keys.shown.copy")} />
          </div>
        </div>
        <div className="grid gap-1.5">
          <div className="flex items-center justify-between gap-2">
            <h3 className="text-sm font-medium">{t("keys.shown.try")}</h3>
            <CopyButton text={trial} />
          </div>
          <code className="rounded-md border border-line bg-sunken px-3 py-2.5 text-[13px] break-all">{trial}</code>
        </div>
      </div>
    </Dialog>
  );
}
