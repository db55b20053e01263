"use client";

import { X } from "lucide-react";
import { useEffect, useState } from "react";
import { useT } from "@/lib/i18n";
import { watchRevisions } from "@/lib/service-worker";
import { Button } from "@/ui/button";

/** Offers the new revision of the app when one is there; never takes the page away by itself, for somebody may be typing. */
export function UpdatePrompt() {
  const t = useT();
  const [take, setTake] = useState<(() => void) | null>(null);
  useEffect(() => watchRevisions((takeOver) => setTake(() => takeOver)), []);
  return (
    <div role="status" data-print="no">
      {take && (
        <div className="fixed bottom-4 left-4 z-40 flex max-w-[calc(100vw-2rem)] items-center gap-3 rounded-lg border border-line bg-surface py-2 pr-2 pl-4 text-sm shadow-lift">
          <span>{t("shell.update.text")}</span>
          <Button size="sm" kind="primary" onClick={take}>
            {t("shell.update.go")}
          </Button>
          <Button size="icon-sm" kind="quiet" aria-label={t("common.close")} onClick={() => setTake(null)}>
            <X aria-hidden />
          </Button>
        </div>
      )}
    </div>
  );
}
