"use client";

import { MailPlus } from "lucide-react";
import { type Shape, useApi } from "@/lib/api";
import { type Key, useT } from "@/lib/i18n";
import { roleName } from "@/lib/permissions";
import { useHere } from "@/lib/session";
import { forgetPeople, useInvitations, useRoles } from "@/screens/people/queries";
import { useAct } from "@/ui/act";
import { Badge, type Tone } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { SkeletonRows } from "@/ui/skeleton";
import { Empty, Shown } from "@/ui/states";
import { Ago, Moment } from "@/ui/time";
import { tell } from "@/ui/toast";

type Invitation = Shape["InvitationShown"];

/** Who was invited, newest first. */
export default function Invitations() {
  const t = useT();
  const query = useInvitations(useHere().account.id);
  return (
    <Card>
      <Shown query={query} skeleton={<SkeletonRows rows={4} />}>
        {(items) =>
          items.length === 0 ? (
            <Empty icon={<MailPlus aria-hidden />} title={t("people.invitations.none")}>
              {t("people.invitations.none.text")}
            </Empty>
          ) : (
            <ul className="divide-y divide-line">
              {items.map((one) => (
                <One key={one.id} one={one} />
              ))}
            </ul>
          )
        }
      </Shown>
    </Card>
  );
}

function standing(one: Invitation): [Tone, Key] {
  if (one.state === "accepted") return ["good", "people.invitation.accepted"];
  if (one.state === "revoked") return ["plain", "people.invitation.revoked"];
  return Date.parse(one.expires_at) < Date.now() ? ["warn", "people.invitation.expired"] : ["accent", "people.invitation.pending"];
}

function One({ one }: { one: Invitation }) {
  const t = useT();
  const here = useHere();
  const api = useApi();
  const roles = useRoles().data ?? [];
  const { isBusy, act } = useAct();
  const [tone, word] = standing(one);
  const params = { path: { account: here.account.id, invitation: one.id } };
  const change = act(async (call: () => Promise<unknown>, said: Key) => {
    await call();
    forgetPeople(api);
    void tell(t(said, { email: one.email }));
  });
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 px-4 py-3 text-sm">
      <div className="min-w-0">
        <p className="flex flex-wrap items-center gap-2">
          <span className="font-medium">{one.email}</span>
          <Badge tone={tone}>{t(word)}</Badge>
        </p>
        <p className="text-[13px] text-muted">
          {roleName(t, one.role, roles)} · {t("people.invitation.sent")} <Ago at={one.sent_at} />
          {one.state === "pending" && (
            <>
              {" · "}
              {t("people.invitation.until")} <Moment at={one.expires_at} />
            </>
          )}
        </p>
      </div>
      {one.state === "pending" && here.may("members:manage") && (
        <div className="flex gap-2">
          <Button
            size="sm"
            disabled={isBusy}
            aria-label={t("people.invitation.resend.of", { email: one.email })}
            onClick={() =>
              void change(
                () => api.call.POST("/v2/accounts/{account}/invitations/{invitation}/resend", { params }),
                "people.invitation.resent",
              )
            }
          >
            {t("people.invitation.resend")}
          </Button>
          <Button
            size="sm"
            kind="quiet"
            disabled={isBusy}
            aria-label={t("people.invitation.withdraw.of", { email: one.email })}
            onClick={() =>
              void change(
                () => api.call.DELETE("/v2/accounts/{account}/invitations/{invitation}", { params }),
                "people.invitation.withdrawn",
              )
            }
          >
            {t("people.invitation.withdraw")}
          </Button>
        </div>
      )}
    </li>
  );
}
