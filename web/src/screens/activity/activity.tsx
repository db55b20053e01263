"use client";

import { Download, ShieldCheck } from "lucide-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { useHere } from "@/lib/session";
import { Filters } from "@/screens/activity/filters";
import { Lines } from "@/screens/activity/lines";
import { useWanted, type Wanted } from "@/screens/activity/queries";
import { useLedHere } from "@/screens/shell/led-here";
import { useAct } from "@/ui/act";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { Menu, MenuItem } from "@/ui/menu";
import { Page } from "@/ui/page";
import { tell } from "@/ui/toast";
import "@/messages/en/activity";

const Verify = dynamic(() => import("@/screens/activity/verify"), { ssr: false });

/** The trail of an account: what happened, followed live, searched, checked and taken away as a file. */
export default function Activity() {
  const t = useT();
  const here = useHere();
  const wanted = useWanted();
  const [isVerifying, setVerifying] = useState(false);
  useLedHere("verify", () => setVerifying(true));
  return (
    <Page
      title={t("activity.title")}
      about={t("activity.about", { name: here.account.name })}
      actions={
        <>
          <Button onClick={() => setVerifying(true)}>
            <ShieldCheck aria-hidden />
            {t("activity.verify")}
          </Button>
          {here.may("activity:export") && <ExportMenu wanted={wanted} />}
        </>
      }
    >
      <Card>
        <Filters />
        <Lines wanted={wanted} />
      </Card>
      {isVerifying && <Verify onClose={() => setVerifying(false)} />}
    </Page>
  );
}

function ExportMenu({ wanted }: { wanted: Wanted }) {
  const t = useT();
  const { call } = useApi();
  const { isBusy, act } = useAct();
  const save = act(async (format: "jsonl" | "csv") => {
    const { data } = await call.GET("/v2/activity/export", { params: { query: { ...wanted, format } }, parseAs: "blob" });
    download(data as Blob, `activity-${new Date().toISOString().slice(0, 10)}.${format}`);
    void tell(t("activity.export.done"));
  });
  return (
    <Menu
      trigger={
        <Button isBusy={isBusy}>
          <Download aria-hidden />
          {t("activity.export")}
        </Button>
      }
    >
      <MenuItem onChoose={() => void save("jsonl")}>{t("activity.export.jsonl")}</MenuItem>
      <MenuItem onChoose={() => void save("csv")}>{t("activity.export.csv")}</MenuItem>
    </Menu>
  );
}

/** The account is named in a header, which a plain link cannot send: the answer is fetched and then saved. */
function download(file: Blob, name: string) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
