import { type GraphQLSchema, getVariableValues, Kind, type VariableDefinitionNode } from 'graphql';
import type { TenantCatalog } from '../../domain/catalog/attribute.ts';
import { checkEntityType } from '../../domain/entity-type.ts';
import { AtlasError } from '../../domain/errors.ts';
import type { EntitySelection } from '../../domain/filter/filter.ts';
import { resolveFilter } from '../../domain/filter/resolve-filter.ts';
import type { TenantId } from '../../domain/identifiers.ts';
import type { EntityFilter } from '../../generated/resolver-types.ts';
import { hasTargets } from '../../resolvers/referenced-targets.ts';
import type { RequestContext } from '../../resolvers/request-context.ts';
import { buildBaseSchema } from './build-schema.ts';
import { loadSdl } from './load-sdl.ts';

const FILTER: VariableDefinitionNode = {
  kind: Kind.VARIABLE_DEFINITION,
  variable: { kind: Kind.VARIABLE, name: { kind: Kind.NAME, value: 'filter' } },
  type: { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: 'EntityFilter' } },
};

export interface WrittenSelection {
  readonly tenantId: TenantId;
  readonly type?: string | undefined;
  /** JSON text of what a request has in the argument `filter`. */
  readonly filter?: string | undefined;
}

/**
 * The selection that a request with this type and this filter in its variables has, with the same errors.
 * @throws AtlasError as entitySelection, and BAD_USER_INPUT for a condition on the target of a reference.
 */
export function parseSelection(
  { tenantId, type, filter }: WrittenSelection,
  catalog: TenantCatalog,
  limits: RequestContext['limits'],
): EntitySelection {
  const given = filter === undefined ? {} : { filter: coerced(filter, buildBaseSchema(loadSdl()).schema) };
  if (type !== undefined) checkEntityType(type);
  if (hasTargets(given.filter ?? {})) {
    throw new AtlasError(
      'BAD_USER_INPUT',
      'The filter has a condition on the target of a reference, which is a read of its own; filter by the ids in its place.',
    );
  }
  return { tenantId, type: type ?? null, filter: resolveFilter(given.filter, catalog, limits.filter) };
}

function coerced(text: string, schema: GraphQLSchema): EntityFilter | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const message = `The filter is not JSON (${(cause as Error).message}); expected that of a request, such as {"attributes":[{"key":"score","number":{"gt":80}}]}.`;
    throw new AtlasError('BAD_USER_INPUT', message, { cause });
  }
  const { coerced: variables, errors } = getVariableValues(schema, [FILTER], { filter: value });
  if (errors !== undefined) throw new AtlasError('BAD_USER_INPUT', errors.map(({ message }) => message).join('\n'));
  return variables.filter as EntityFilter | null;
}
