"use client";

import { useApi } from "@/lib/api";
import { useT } from "@/lib/i18n";
import { roleName } from "@/lib/permissions";
import type { Member, Role } from "@/screens/people/queries";
import { RoleWords } from "@/screens/people/role-words";
import { Dialog } from "@/ui/dialog";
import { SkeletonRows } from "@/ui/skeleton";
import { Shown } from "@/ui/states";

/** What a person may do here, all their roles taken together. */
export default function MemberMay({ member, roles, onClose }: { member: Member; roles: readonly Role[]; onClose: () => void }) {
  const t = useT();
  const detail = useApi().use.useQuery("get", "/v2/users/{user}", { params: { path: { user: member.user } } });
  return (
    <Dialog isOpen onClose={onClose} width="lg" title={t("people.may", { name: member.name || member.email })}>
      <Shown query={detail} skeleton={<SkeletonRows />}>
        {(data) => (
          <>
            <p className="mb-4 text-sm text-muted">
              {t("people.may.roles", { roles: data.roles.map((role) => roleName(t, role, roles)).join(", ") })}
            </p>
            <RoleWords permissions={data.permissions} isTight />
          </>
        )}
      </Shown>
    </Dialog>
  );
}
