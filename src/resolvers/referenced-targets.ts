import { entityPage } from '../datasources/questions/entity-page.ts';
import { filterableAttribute } from '../domain/catalog/attribute-lookup.ts';
import { NO_ATTRIBUTES } from '../domain/entity-projection.ts';
import { AtlasError } from '../domain/errors.ts';
import type { AttributeFilterInput, EntityFilterInput } from '../domain/filter/filter-input.ts';
import { resolveFilter } from '../domain/filter/resolve-filter.ts';
import type { EntityId } from '../domain/identifiers.ts';
import { overLimit } from '../domain/over-limit.ts';
import type { FreshnessRequirement, ReadFreshness } from '../freshness/freshness.ts';
import type { RequestContext } from './request-context.ts';

type Targeted = AttributeFilterInput & { readonly target: EntityFilterInput };

/** A filter without conditions on targets, which means the same. */
export interface ResolvedTargets {
  readonly filter: EntityFilterInput;
  /** Those that found the targets. */
  readonly reads: readonly ReadFreshness[];
}

/**
 * Finds the entities that the conditions on targets of references are about, and puts their ids in place of the conditions: a target may live on
 * another shard than what refers to it. Null if there is no such condition.
 * @throws AtlasError LIMIT_EXCEEDED if they are too many, BAD_USER_INPUT | ATTRIBUTE_*, and those of the reads
 */
export async function resolveTargets(
  filter: EntityFilterInput,
  requirement: FreshnessRequirement,
  context: RequestContext,
): Promise<ResolvedTargets | null> {
  const targeted = conditionsIn(filter);
  if (targeted.length === 0) return null;
  const { maxTargets } = context.limits.filter;
  if (targeted.length > maxTargets) {
    throw new AtlasError(
      'LIMIT_EXCEEDED',
      `The filter has ${targeted.length} conditions on targets of references; the limit is ${maxTargets}.`,
      { hint: overLimit('Combine the conditions on one attribute in one target', 'ATLAS_MAX_FILTER_TARGETS') },
    );
  }
  const found = await Promise.all(targeted.map((condition) => targetsOf(condition, requirement, context)));
  const ids = new Map(targeted.map((condition, index) => [condition, found[index]?.ids ?? []]));
  return { filter: withIds(filter, ids), reads: found.flatMap(({ reads }) => reads) };
}

/** Whether a condition is about the target of a reference. */
export function hasTargets(filter: EntityFilterInput): boolean {
  return conditionsIn(filter).length > 0;
}

function conditionsIn({ attributes, and, or, not }: EntityFilterInput): Targeted[] {
  const own = (attributes ?? []).filter((condition): condition is Targeted => condition.target != null);
  return [...own, ...[...(and ?? []), ...(or ?? []), ...(not ? [not] : [])].flatMap(conditionsIn)];
}

function withIds(
  filter: EntityFilterInput,
  ids: ReadonlyMap<AttributeFilterInput, readonly EntityId[]>,
): EntityFilterInput {
  const inner = (one: EntityFilterInput) => withIds(one, ids);
  const { attributes, and, or, not } = filter;
  return {
    ...filter,
    attributes: attributes?.flatMap((condition) => {
      const found = ids.get(condition);
      if (found === undefined) return [condition];
      const { target: _, ...others } = condition;
      const refers = { key: condition.key, reference: { in: found } };
      return others.exists == null && others.reference == null ? [refers] : [refers, others];
    }),
    and: and?.map(inner),
    or: or?.map(inner),
    not: not && inner(not),
  };
}

async function targetsOf(
  { key, target }: Targeted,
  requirement: FreshnessRequirement,
  { catalog, tenantId, limits, reads }: RequestContext,
): Promise<{ readonly ids: readonly EntityId[]; readonly reads: readonly ReadFreshness[] }> {
  const attribute = filterableAttribute(catalog, key);
  if (attribute.type !== 'REFERENCE') {
    throw new AtlasError(
      'ATTRIBUTE_TYPE_MISMATCH',
      `Attribute "${key}" has type ${attribute.type}; target requires a REFERENCE attribute.`,
    );
  }
  if (conditionsIn(target).length > 0) {
    throw new AtlasError('BAD_USER_INPUT', `target of "${key}" has a target itself; a filter follows one reference.`);
  }
  const filter = resolveFilter(target, catalog, limits.filter);
  const limit = limits.filter.maxListItems;
  const page = {
    tenantId,
    filter,
    order: [],
    from: null,
    direction: 'FORWARD',
    limit,
    projection: NO_ATTRIBUTES,
  } as const;
  const types = attribute.rules.targetTypes ?? [null];
  const found = await Promise.all(types.map((type) => reads.ask(entityPage({ ...page, type }), requirement)));
  const ids = found.flatMap(({ data }) => data.rows.map(({ entity }) => entity.id));
  if (ids.length > limit || found.some(({ data }) => data.hasMore)) {
    throw new AtlasError(
      'LIMIT_EXCEEDED',
      `More than ${limit} entities satisfy the target of "${key}", the limit; ask for fewer with a narrower target.`,
      { hint: overLimit('Use a narrower target', 'ATLAS_MAX_BATCH_IDS') },
    );
  }
  return { ids, reads: found.flatMap((one) => one.reads) };
}
