"use client";

import { useT } from "@/lib/i18n";
import { CodesSection } from "@/screens/me/codes-section";
import { OnTheWay } from "@/screens/me/on-the-way";
import { PasskeysSection } from "@/screens/me/passkeys-section";
import { PasswordSection } from "@/screens/me/password-section";
import { SessionsSection } from "@/screens/me/sessions-section";
import { Page } from "@/ui/page";
import "@/messages/en/me";

/** What one signs in with, and where one is signed in. */
export default function Security() {
  const t = useT();
  return (
    <Page title={t("me.security.title")} about={t("me.security.about")}>
      <div className="grid max-w-3xl gap-5">
        <OnTheWay />
        <CodesSection />
        <PasskeysSection />
        <PasswordSection />
        <SessionsSection />
      </div>
    </Page>
  );
}
