import type { Shape } from "@/lib/api";
import type { Key, useT } from "@/lib/i18n";
import "@/messages/en/permissions";

export type Permission = Shape["Permission"];

/** Permissions by what they are about, in the order in which people read them. */
export const GROUPS: readonly { name: Key; permissions: readonly Permission[] }[] = [
  {
    name: "permissions.group.backups",
    permissions: ["sources:read", "sources:manage", "jobs:read", "jobs:manage", "runs:read", "runs:execute"],
  },
  { name: "permissions.group.content", permissions: ["snapshots:read", "content:read", "exports:create"] },
  { name: "permissions.group.restores", permissions: ["restores:read", "restores:plan", "restores:execute"] },
  { name: "permissions.group.keeping", permissions: ["retention:manage", "erasures:execute"] },
  {
    name: "permissions.group.connections",
    permissions: ["connections:read", "connections:manage", "integrations:read", "integrations:manage"],
  },
  { name: "permissions.group.people", permissions: ["members:read", "members:manage", "roles:manage", "api-keys:manage"] },
  { name: "permissions.group.accounts", permissions: ["accounts:read", "accounts:manage", "accounts:delete", "policies:manage"] },
  { name: "permissions.group.activity", permissions: ["activity:read", "activity:export"] },
  { name: "permissions.group.system", permissions: ["system:operate"] },
];

/** What a permission allows, in words. */
export const permissionWord = (permission: Permission) => `permissions.${permission.replace(":", ".")}` as Key;

const ROLES: Record<string, Key> = {
  owner: "permissions.role.owner",
  admin: "permissions.role.admin",
  manager: "permissions.role.manager",
  operator: "permissions.role.operator",
  viewer: "permissions.role.viewer",
};

/** A role's name: a word of the reader's language for those that every account has, else what its account calls it. */
export function roleName(t: ReturnType<typeof useT>, id: string, roles: readonly { id: string; name: string }[] = []): string {
  const word = ROLES[id];
  return word ? t(word) : (roles.find((role) => role.id === id)?.name ?? id);
}

export const isBuiltIn = (id: string) => id in ROLES;
export const roleAbout = (id: string): Key | null => (isBuiltIn(id) ? (`permissions.about.${id}` as Key) : null);
