"use client";

import { useT } from "@/lib/i18n";
import { ButtonLink } from "@/ui/button";
import { Empty } from "@/ui/states";
import "@/messages/en/shell";

/** An address that leads nowhere. */
export function Absent() {
  const t = useT();
  return (
    <main>
      <Empty title={<h1>{t("shell.absent.title")}</h1>} action={<ButtonLink href="/">{t("shell.absent.go")}</ButtonLink>}>
        {t("shell.absent.text")}
      </Empty>
    </main>
  );
}
