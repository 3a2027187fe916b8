import type { ListType, ScalarType } from '../domain/catalog/list-types.ts';
import { checkEntityType } from '../domain/entity-type.ts';
import type { EntitySelection } from '../domain/filter/filter.ts';
import type { AttributeFilterInput, EntityFilterInput, ListPredicateInput } from '../domain/filter/filter-input.ts';
import type { OperatorFor } from '../domain/filter/operators.ts';
import { resolveFilter } from '../domain/filter/resolve-filter.ts';
import type { FreshnessRequirement, ReadFreshness } from '../freshness/freshness.ts';
import type {
  AttributeFilter,
  BooleanPredicate,
  EntityFilter,
  JsonPredicate,
  NumberListPredicate,
  NumberPredicate,
  ReferencePredicate,
  TextListPredicate,
  TextPredicate,
  TimestampPredicate,
} from '../generated/resolver-types.ts';
import { resolveTargets } from './referenced-targets.ts';
import type { RequestContext } from './request-context.ts';

/** The SDL's input type with the predicates of each attribute type. */
interface PredicatesOfSdl extends Record<ScalarType | ListType, object> {
  readonly TEXT: TextPredicate;
  readonly NUMBER: NumberPredicate;
  readonly BOOLEAN: BooleanPredicate;
  readonly TIMESTAMP: TimestampPredicate;
  readonly JSON: JsonPredicate;
  readonly REFERENCE: ReferencePredicate;
  readonly TEXT_LIST: TextListPredicate;
  readonly NUMBER_LIST: NumberListPredicate;
}

/** What only one of the two has. */
type Difference<A, B> = Exclude<A, B> | Exclude<B, A>;

type OperatorDifference = {
  [Type in ScalarType]: Difference<keyof PredicatesOfSdl[Type], OperatorFor<Type>>;
}[ScalarType];

type ListDifference = {
  [Type in ListType]: Difference<keyof PredicatesOfSdl[Type], keyof ListPredicateInput<Type>>;
}[ListType];

/**
 * Compiles only if the SDL's filter has exactly the members that the domain resolves. TypeScript accepts an object with further
 * members, so a predicate that only the SDL declares would be ignored. The error names what differs.
 */
type FilterOfSdl = Agreeing<
  | OperatorDifference
  | ListDifference
  | Difference<keyof AttributeFilter, keyof AttributeFilterInput>
  | Difference<keyof EntityFilter, keyof EntityFilterInput>
>;

type Agreeing<_Difference extends never> = EntityFilter;

/** The entities that a list or an analytics question is about. */
export interface SelectedEntities extends EntitySelection {
  /** The reads that have found what the filter's references refer to. */
  readonly targetReads: readonly ReadFreshness[];
}

/** @throws AtlasError ATTRIBUTE_UNKNOWN | ATTRIBUTE_TYPE_MISMATCH | ATTRIBUTE_NOT_FILTERABLE | BAD_USER_INPUT | LIMIT_EXCEEDED, and those of reads */
export async function entitySelection(
  { type = null, filter }: { readonly type?: string | null; readonly filter?: FilterOfSdl | null },
  requirement: FreshnessRequirement,
  context: RequestContext,
): Promise<SelectedEntities> {
  const { tenantId, catalog, limits } = context;
  if (type !== null) checkEntityType(type);
  const targets = filter == null ? null : await resolveTargets(filter, requirement, context);
  if (targets === null)
    return { tenantId, type, filter: resolveFilter(filter, catalog, limits.filter), targetReads: [] };
  const resolved = resolveFilter(targets.filter, catalog, limits.filter);
  return { tenantId, type, filter: resolved, asked: JSON.parse(JSON.stringify(filter)), targetReads: targets.reads };
}
