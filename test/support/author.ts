import type { Author } from '../../src/domain/caller.ts';
import type { TenantId } from '../../src/domain/identifiers.ts';

/** The author of what tests write. */
export function authorOf(tenantId: TenantId): Author {
  return { tenantId, subject: 'tester' };
}
