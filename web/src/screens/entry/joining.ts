"use client";

import { personCall } from "@/lib/call";

const KEPT = "listbackup.invitation";

/** Remembers an invitation in this tab while its owner signs in. */
export const keepInvitation = (token: string) => sessionStorage.setItem(KEPT, token);
export const keptInvitation = () => (typeof sessionStorage === "undefined" ? null : sessionStorage.getItem(KEPT));

/** Accepts an invitation and leads into its account. */
export const useJoin = () => async (token: string) => {
  const { data } = await personCall.POST("/v2/invitations/accept", { body: { token } });
  sessionStorage.removeItem(KEPT);
  if (data) await personCall.POST("/v2/accounts/switch", { body: { account: data.account } }).catch(() => {});
  window.location.replace(data ? `/a/${data.account}` : "/");
};
