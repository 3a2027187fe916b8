import type { ResolversTypes } from '../../generated/resolver-types.ts';
import { noteWrite } from '../note-write.ts';
import type { RequestContext } from '../request-context.ts';

/** A description that is already so is not written again. */
export async function describeEntityType(
  type: string,
  description: string | null,
  context: RequestContext,
): Promise<ResolversTypes['DescribeEntityTypePayload']> {
  await context.attributes.describeType(context.caller, type, description, context.signal);
  context.catalog = context.attributes.forTenant(context.tenantId);
  return { type, description, consistencyToken: noteWrite(new Map(), context) };
}
