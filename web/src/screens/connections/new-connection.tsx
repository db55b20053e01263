"use client";

import { useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { useHere } from "@/lib/session";
import { useQuery } from "@/platform/params";
import { useGo } from "@/platform/router";
import { ConnectForm } from "@/screens/connections/connect-form";
import { PlatformFacts } from "@/screens/connections/platform-facts";
import { PlatformPicker } from "@/screens/connections/platform-picker";
import { ButtonLink } from "@/ui/button";
import { Section } from "@/ui/card";
import { Page } from "@/ui/page";
import { SkeletonRows } from "@/ui/skeleton";
import { Shown } from "@/ui/states";
import { tell } from "@/ui/toast";
import "@/messages/en/connections";

/** Choose a platform (?platform=), see what it covers, connect it. */
export default function NewConnection() {
  const t = useT();
  const here = useHere();
  const go = useGo();
  const platform = useQuery().get("platform");
  const trail = [{ name: t("connections.title"), href: here.path("/connections") }];
  if (platform) return <Connect key={platform} name={platform} />;
  return (
    <Page title={t("connections.picker.title")} trail={trail}>
      <PlatformPicker onPick={(picked) => go.to(here.path(`/connections/new?platform=${encodeURIComponent(picked.name)}`))} />
    </Page>
  );
}

function Connect({ name }: { name: string }) {
  const t = useT();
  const here = useHere();
  const go = useGo();
  const found = useApi().use.useQuery("get", "/v2/platforms/{platform}", { params: { path: { platform: name } } });
  const label = found.data?.label ?? "…";
  return (
    <Page
      title={t("connections.connect.title", { platform: label })}
      trail={[{ name: t("connections.title"), href: here.path("/connections") }]}
      actions={<ButtonLink href={here.path("/connections/new")}>{t("connections.connect.other")}</ButtonLink>}
    >
      <Shown query={found} skeleton={<SkeletonRows />}>
        {(platform) => (
          <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,26rem)_minmax(0,1fr)]">
            <div className="min-w-0 rounded-lg border border-line bg-surface p-4">
              <ConnectForm
                platform={platform}
                onConnected={(connection) => {
                  void tell(t("connections.connect.done", { name: connection.name }));
                  go.instead(here.path(`/connections/${connection.id}`));
                }}
              />
            </div>
            <Section title={t("connections.facts.title")} about={t("connections.facts.about")} isFlush className="min-w-0">
              <PlatformFacts platform={platform} />
            </Section>
          </div>
        )}
      </Shown>
    </Page>
  );
}
