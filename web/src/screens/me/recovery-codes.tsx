"use client";

import { Download, Printer } from "lucide-react";
import { useState } from "react";
import { useT } from "@/lib/i18n";
import { Button } from "@/ui/button";
import { CopyButton } from "@/ui/copy";
import { Dialog } from "@/ui/dialog";
import { Check } from "@/ui/field";

/** The codes, this once. They can be closed as soon as the person says that they are kept. */
export default function RecoveryCodes({ codes, onClose }: { codes: readonly string[]; onClose: () => void }) {
  const t = useT();
  const [isKept, setKept] = useState(false);
  const text = `${t("me.recovery.file")}\n\n${codes.join("\n")}\n`;
  return (
    <Dialog
      isOpen
      onClose={() => isKept && onClose()}
      title={t("me.recovery.title")}
      about={t("me.recovery.about")}
      actions={
        <Button kind="primary" disabled={!isKept} onClick={onClose}>
          {t("me.recovery.done")}
        </Button>
      }
    >
      <div className="grid gap-4">
        <ul className="grid gap-x-6 gap-y-1 rounded-md bg-sunken p-4 font-mono text-[13px] sm:grid-cols-2">
          {codes.map((code) => (
            <li key={code}>{code}</li>
          ))}
        </ul>
        <div className="flex flex-wrap gap-2">
          <CopyButton text={codes.join("\n")} label={t("common.copy")} />
          <Button size="sm" onClick={() => download(text)}>
            <Download aria-hidden /> {t("me.recovery.download")}
          </Button>
          <Button size="sm" onClick={() => print(text)}>
            <Printer aria-hidden /> {t("me.recovery.print")}
          </Button>
        </div>
        <Check label={t("me.recovery.kept")} checked={isKept} onChange={(event) => setKept(event.target.checked)} />
      </div>
    </Dialog>
  );
}

const fileOf = (text: string) => URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));

function download(text: string) {
  const link = document.createElement("a");
  link.href = fileOf(text);
  link.download = "listbackup-recovery-codes.txt";
  link.click();
  URL.revokeObjectURL(link.href);
}

/** Prints the codes alone: a frame of plain text, for nothing else of the page belongs on that sheet. */
function print(text: string) {
  const frame = document.createElement("iframe");
  frame.hidden = true;
  frame.src = fileOf(text);
  frame.onload = () => frame.contentWindow?.print();
  document.body.append(frame);
  setTimeout(() => {
    URL.revokeObjectURL(frame.src);
    frame.remove();
  }, 60_000);
}
