import type { AttributeType } from '../domain/catalog/attribute.ts';
import { checkEntityType } from '../domain/entity-type.ts';
import type { EntitySelection } from '../domain/filter/filter.ts';
import type { AttributeFilterInput, EntityFilterInput } from '../domain/filter/filter-input.ts';
import type { OperatorFor } from '../domain/filter/operators.ts';
import { resolveFilter } from '../domain/filter/resolve-filter.ts';
import type {
  AttributeFilter,
  BooleanPredicate,
  EntityFilter,
  JsonPredicate,
  NumberPredicate,
  TextPredicate,
  TimestampPredicate,
} from '../generated/resolver-types.ts';
import type { RequestContext } from './request-context.ts';

/** The SDL's input type with the predicates of each attribute type. */
interface PredicatesOfSdl extends Record<AttributeType, object> {
  readonly TEXT: TextPredicate;
  readonly NUMBER: NumberPredicate;
  readonly BOOLEAN: BooleanPredicate;
  readonly TIMESTAMP: TimestampPredicate;
  readonly JSON: JsonPredicate;
}

/** What only one of the two has. */
type Difference<A, B> = Exclude<A, B> | Exclude<B, A>;

type OperatorDifference = {
  [Type in AttributeType]: Difference<keyof PredicatesOfSdl[Type], OperatorFor<Type>>;
}[AttributeType];

/**
 * Compiles only if the SDL's filter has exactly the members that the domain resolves. TypeScript accepts an object with further
 * members, so a predicate that only the SDL declares would be ignored. The error names what differs.
 */
type FilterOfSdl = Agreeing<
  | OperatorDifference
  | Difference<keyof AttributeFilter, keyof AttributeFilterInput>
  | Difference<keyof EntityFilter, keyof EntityFilterInput>
>;

type Agreeing<_Difference extends never> = EntityFilter;

/**
 * The entities that a list or an analytics question is about.
 * @throws AtlasError ATTRIBUTE_UNKNOWN | ATTRIBUTE_TYPE_MISMATCH | ATTRIBUTE_NOT_FILTERABLE | BAD_USER_INPUT | LIMIT_EXCEEDED
 */
export function entitySelection(
  { type, filter }: { readonly type?: string | null; readonly filter?: FilterOfSdl | null },
  { tenantId, catalog, limits }: Pick<RequestContext, 'tenantId' | 'catalog' | 'limits'>,
): EntitySelection {
  if (type != null) checkEntityType(type);
  return { tenantId, type: type ?? null, filter: resolveFilter(filter, catalog, limits.filter) };
}
