import { checkEntityType } from '../domain/entity-type.ts';
import { AtlasError } from '../domain/errors.ts';
import type { EntityFilter } from '../domain/filter/filter.ts';
import { resolveFilter } from '../domain/filter/resolve-filter.ts';
import { parseEntityId } from '../domain/identifiers.ts';
import { overLimit } from '../domain/over-limit.ts';
import type { ChangeSelection } from '../feeds/change-selection.ts';
import { decodeToken } from '../freshness/consistency-token.ts';
import type { SubscriptionEntityChangedArgs, SubscriptionResolvers } from '../generated/resolver-types.ts';
import { hasTargets } from './referenced-targets.ts';
import type { RequestContext } from './request-context.ts';

export const subscriptionResolvers: Required<SubscriptionResolvers> = {
  entityChanged: {
    async subscribe(_root, given, context) {
      const { events, tenantId, caller, feeds, tokenScope } = context;
      if (events === null) throw new TypeError('The transport carries no events');
      const from = given.after == null ? null : decodeToken(given.after, tokenScope).positions;
      const { expiresAt } = caller;
      const { signal } = events;
      const selection = selectionOf(given, context);
      events.opened = await feeds.subscribe({ tenantId, from, selection, expiresAt, signal });
      return events.opened as never;
    },
    resolve(_root: unknown, _given: unknown, { event }: RequestContext) {
      if (event === null) throw new TypeError('The operation is executed for no event');
      return event;
    },
  },
};

/**
 * What is asked for, by the catalog as it is at each call: if the caller may not use an attribute of the filter any more, it throws as a query would.
 * @throws AtlasError BAD_USER_INPUT | LIMIT_EXCEEDED | ATTRIBUTE_UNKNOWN | ATTRIBUTE_TYPE_MISMATCH | ATTRIBUTE_NOT_FILTERABLE, here or later
 */
function selectionOf(
  { ids, type = null, filter: asked = null }: SubscriptionEntityChangedArgs,
  { limits, attributes, tenantId }: RequestContext,
): () => ChangeSelection {
  if (type !== null) checkEntityType(type);
  if (ids != null && ids.length > limits.maxBatchIds) {
    throw new AtlasError('LIMIT_EXCEEDED', `entityChanged got ${ids.length} ids; the limit is ${limits.maxBatchIds}.`, {
      hint: overLimit('Name fewer ids, or select by type and filter', 'ATLAS_MAX_BATCH_IDS'),
    });
  }
  if (asked !== null && hasTargets(asked)) {
    throw new AtlasError('BAD_USER_INPUT', 'The filter of a subscription cannot have conditions on targets.', {
      hint: 'Filter by the id that the reference has, or by attributes of the entity itself.',
    });
  }
  const named = ids == null ? null : new Set(ids.map(parseEntityId));
  let known: { readonly revision: string; readonly filter: EntityFilter | null } | null = null;
  const selection = (): ChangeSelection => {
    const catalog = attributes.forTenant(tenantId);
    if (known?.revision !== catalog.revision) {
      known = {
        revision: catalog.revision,
        filter: asked === null ? null : resolveFilter(asked, catalog, limits.filter),
      };
    }
    return { ids: named, type, filter: known.filter };
  };
  selection();
  return selection;
}
