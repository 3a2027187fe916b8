import type { GraphQLResolveInfo } from 'graphql';
import { AtlasError } from '../../domain/errors.ts';
import { type EntityId, parseEntityId } from '../../domain/identifiers.ts';
import { overLimit } from '../../domain/over-limit.ts';
import { inTurns } from '../../lib/event-loop-turns.ts';
import { readRequirement } from '../freshness/field-freshness.ts';
import type { RequestContext } from '../request-context.ts';
import { type EntityNode, entityNodes } from './entity.ts';

/** JSON that no schema has validated. */
type Representation = Readonly<Record<string, unknown>> | null;

/**
 * The entities that a gateway refers to: `_entities` of the subgraph specification. All representations are checked before any is loaded.
 * @throws AtlasError LIMIT_EXCEEDED, BAD_USER_INPUT for another type
 */
export async function resolveReferences(
  _source: unknown,
  { representations }: { readonly representations: readonly Representation[] },
  context: RequestContext,
  info: GraphQLResolveInfo,
): Promise<(EntityNode | null | Error)[]> {
  const limit = context.limits.maxRepresentations;
  if (representations.length > limit) {
    throw new AtlasError(
      'LIMIT_EXCEEDED',
      `_entities got ${representations.length} representations; the limit is ${limit}.`,
      { hint: overLimit('Send fewer representations at once', 'ATLAS_MAX_REPRESENTATIONS') },
    );
  }
  if (representations.some((representation) => representation?.__typename !== 'Entity')) {
    throw new AtlasError('BAD_USER_INPUT', 'A representation has no valid __typename; expected "Entity".');
  }
  const requirement = await readRequirement({}, context, info);
  const ids = await inTurns(representations, referencedId, { isQuick: context.cost.isQuick, signal: context.signal });
  const valid = ids.filter((id) => typeof id === 'string');
  const loaded = (await entityNodes(valid, requirement, context, info)).values();
  return ids.map((id) => (id instanceof Error ? id : (loaded.next().value ?? null)));
}

/** Or why there is none: the others are still answered. */
function referencedId(representation: Representation): EntityId | AtlasError {
  const id = representation?.id;
  try {
    if (typeof id === 'string' || Number.isSafeInteger(id)) return parseEntityId(String(id));
  } catch (error) {
    if (error instanceof AtlasError) return error;
    throw error;
  }
  return new AtlasError(
    'BAD_USER_INPUT',
    'A representation of Entity has no valid id; expected a string of decimal digits.',
  );
}
