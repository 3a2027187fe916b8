/** What the fields of the schema require. Access rules of attributes may name these and any others. */
export const BUILT_IN_ROLES = ['read', 'write', 'define', 'analytics', 'audit', 'operate'] as const;
export type BuiltInRole = (typeof BUILT_IN_ROLES)[number];

/** How the names that a caller is granted become roles. */
export interface RoleRules {
  /** The roles of a granted name. A name that is not listed is a role itself, and `atlas:read` is the role `read`. */
  readonly mapping: ReadonlyMap<string, readonly string[]>;
  /** Granted to a caller whose token or gateway says nothing about roles. */
  readonly defaults: readonly string[];
}

const SCOPE_PREFIX = 'atlas:';

/** The scope by which tokens, and `@requiresScopes` in the SDL, name a role: `atlas:read`. */
export function roleOfScope(scope: string): string {
  const name = scope.startsWith(SCOPE_PREFIX) ? scope.slice(SCOPE_PREFIX.length) : scope;
  return BUILT_IN_ROLES.some((role) => role === name) ? name : scope;
}

/** @param grants null if nothing is said about roles, which is not the same as none. */
export function rolesOf(grants: ReadonlySet<string> | null, { mapping, defaults }: RoleRules): ReadonlySet<string> {
  const names = grants ?? defaults;
  const roles = new Set<string>();
  for (const name of names) for (const role of mapping.get(name) ?? [roleOfScope(name)]) roles.add(role);
  return roles;
}
