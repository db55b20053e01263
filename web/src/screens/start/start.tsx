"use client";

import dynamic from "next/dynamic";
import { useT } from "@/lib/i18n";
import { useHere } from "@/lib/session";
import { useQuery } from "@/platform/params";
import { useGo } from "@/platform/router";
import { Demo } from "@/screens/start/demo";
import { Steps } from "@/screens/start/steps";
import { ButtonLink } from "@/ui/button";
import { Card } from "@/ui/card";
import { Page } from "@/ui/page";
import { SkeletonRows } from "@/ui/skeleton";
import { Empty } from "@/ui/states";
import "@/messages/en/start";

const PlatformPicker = dynamic(() => import("@/screens/connections/platform-picker").then((found) => found.PlatformPicker), {
  ssr: false,
  loading: () => <SkeletonRows />,
});
const Connect = dynamic(() => import("@/screens/start/connect"), { ssr: false, loading: () => <SkeletonRows /> });
const Begin = dynamic(() => import("@/screens/start/begin"), { ssr: false, loading: () => <SkeletonRows /> });
const Watch = dynamic(() => import("@/screens/start/watch"), { ssr: false, loading: () => <SkeletonRows /> });

/** From nothing to a first backup: a platform, its credentials, and the run that starts by itself. Each step has an address (?platform=, ?connected=,
 * ?run=), so that one can go back, load anew, and come from a platform's sign-in page. */
export default function Start() {
  const t = useT();
  const here = useHere();
  const go = useGo();
  const query = useQuery();
  const [platform, connected, run] = [query.get("platform"), query.get("connected"), query.get("run")];
  const step = run ? 2 : platform || connected ? 1 : 0;
  if (!here.may("connections:manage") || !here.may("sources:manage"))
    return (
      <Page title={t("start.title")}>
        <Empty title={t("start.denied.title")} action={<ButtonLink href={here.path("")}>{t("start.overview")}</ButtonLink>}>
          {t("start.denied.text")}
        </Empty>
      </Page>
    );
  return (
    <Page title={t("start.title")} about={t("start.about")}>
      <Steps step={step} />
      {run ? (
        <Watch run={run} />
      ) : connected ? (
        <Begin connection={connected} streams={streamsOf(query.get("streams"))} />
      ) : platform ? (
        <Connect key={platform} name={platform} />
      ) : (
        <>
          <Card className="p-4">
            <PlatformPicker onPick={(picked) => go.to(here.path(`/start?platform=${encodeURIComponent(picked.name)}`))} />
          </Card>
          <Demo />
        </>
      )}
    </Page>
  );
}

const streamsOf = (text: string | null) => (text ? text.split(",") : null);
