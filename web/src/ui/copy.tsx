"use client";

import { Check, Copy } from "lucide-react";
import { useState } from "react";
import { copyText } from "@/lib/clipboard";
import { useT } from "@/lib/i18n";
import { Button } from "@/ui/button";

/** Copies a text and says so for a moment. */
export function CopyButton({ text, label }: { text: string; label?: string }) {
  const t = useT();
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    await copyText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 1500);
  };
  return (
    <Button
      size={label ? "sm" : "icon-sm"}
      kind={label ? "plain" : "quiet"}
      onClick={() => void copy()}
      aria-label={label ? undefined : t("common.copy")}
    >
      {isCopied ? <Check aria-hidden /> : <Copy aria-hidden />}
      {label && (isCopied ? t("common.copied") : label)}
    </Button>
  );
}
