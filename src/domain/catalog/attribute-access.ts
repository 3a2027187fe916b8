import { AtlasError } from '../errors.ts';

/** The roles of which a caller must have one. An absent member does not restrict beyond the roles that fields need. */
export interface AttributeAccess {
  readonly read?: readonly string[];
  /** Whoever writes must be able to read, too. */
  readonly write?: readonly string[];
}

interface Restricted {
  readonly access: AttributeAccess;
}

const MAX_ROLES = 50;
/** Without the separators of claims and headers, by which it could not be granted. */
const ROLE = /^[^\s,]{1,100}$/;

export function mayRead({ access: { read } }: Restricted, roles: ReadonlySet<string>): boolean {
  return read === undefined || read.some((role) => roles.has(role));
}

export function mayWrite(restricted: Restricted, roles: ReadonlySet<string>): boolean {
  const { write } = restricted.access;
  return mayRead(restricted, roles) && (write === undefined || write.some((role) => roles.has(role)));
}

/** The roles that access rules name; null if there are no rules. */
export function rolesNamedBy(definitions: Iterable<Restricted>): ReadonlySet<string> | null {
  const named = new Set<string>();
  let isRestricted = false;
  for (const { access } of definitions) {
    isRestricted ||= access.read !== undefined || access.write !== undefined;
    for (const role of [...(access.read ?? []), ...(access.write ?? [])]) named.add(role);
  }
  return isRestricted ? named : null;
}

/** @throws AtlasError ATTRIBUTE_INVALID */
export function checkAccess(key: string, { read = [], write = [] }: AttributeAccess): void {
  for (const roles of [read, write]) {
    if (roles.length > MAX_ROLES) {
      throw invalid(key, `lists ${roles.length} roles in access; the limit is ${MAX_ROLES}`);
    }
    const bad = roles.find((role) => !ROLE.test(role));
    if (bad !== undefined) {
      throw invalid(
        key,
        `lists a role that nobody can have: ${JSON.stringify(bad.slice(0, 100))}; expected 1 to 100 characters without white space and commas`,
      );
    }
  }
}

function invalid(key: string, problem: string): AtlasError {
  return new AtlasError('ATTRIBUTE_INVALID', `Attribute "${key}" ${problem}.`);
}
