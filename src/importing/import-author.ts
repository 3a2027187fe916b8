import type { Author } from '../domain/caller.ts';
import type { TenantId } from '../domain/identifiers.ts';

/** Whom the audit names for what an import writes: no token says who runs a command. */
export function importAuthor(tenantId: TenantId): Author {
  return { tenantId, subject: 'atlas import' };
}
