import { AtlasError } from '../errors.ts';
import type { AttributeFilterInput, EntityFilterInput, PredicateInput } from './filter-input.ts';
import type { PredicateName } from './predicate-types.ts';

type Member<T> = T | null | undefined;

export interface IdPredicateInput {
  readonly eq?: Member<string>;
  readonly in?: Member<readonly string[]>;
}

/** The members that every EntityWhere has. */
export interface FixedWhereInput {
  readonly id?: Member<IdPredicateInput>;
  readonly createdAt?: Member<PredicateInput<'TIMESTAMP'>>;
  readonly updatedAt?: Member<PredicateInput<'TIMESTAMP'>>;
  readonly and?: Member<readonly WhereInput[]>;
  readonly or?: Member<readonly WhereInput[]>;
  readonly not?: Member<WhereInput>;
}

/** A condition on an attribute: the predicate of its type, and `exists`. */
export type WhereCondition = Readonly<Record<string, unknown>> & {
  readonly exists?: Member<boolean>;
  /** Of a reference. */
  readonly target?: Member<WhereInput>;
};

/** Conditions on typed fields, as a client writes them. The schema has checked the types of all members. */
export type WhereInput = FixedWhereInput & Readonly<Record<string, unknown>>;

/** The attribute of a typed field. */
export interface TypedFieldAttribute {
  readonly key: string;
  readonly predicate: PredicateName;
}

/**
 * The filter that means the same.
 * @param attributes Those of the typed fields, by field name.
 * @throws AtlasError BAD_USER_INPUT
 */
export function filterOfWhere(
  where: WhereInput,
  attributes: ReadonlyMap<string, TypedFieldAttribute>,
): EntityFilterInput {
  const { id, createdAt, updatedAt, and, or, not, ...conditions } = where;
  const nested = (inner: WhereInput) => filterOfWhere(inner, attributes);
  return {
    ...idFilter(id),
    createdAt,
    updatedAt,
    attributes: Object.entries(conditions).flatMap(([field, condition]) =>
      condition == null ? [] : [attributeFilter(field, condition as WhereCondition, attributes)],
    ),
    and: and?.map(nested),
    or: or?.map(nested),
    not: not && nested(not),
  };
}

function attributeFilter(
  field: string,
  { exists, target, ...predicate }: WhereCondition,
  attributes: ReadonlyMap<string, TypedFieldAttribute>,
): AttributeFilterInput {
  const attribute = attributes.get(field);
  if (attribute === undefined) throw new RangeError(`EntityWhere has no attribute for ${field}`);
  const { key, predicate: name } = attribute;
  const hasOperator = Object.values(predicate).some((operand) => operand != null);
  return {
    key,
    exists,
    ...(hasOperator && { [name]: predicate }),
    ...(target != null && { target: filterOfWhere(target, attributes) }),
  };
}

function idFilter(id: Member<IdPredicateInput>): Pick<EntityFilterInput, 'ids'> {
  if (id == null) return {};
  if (id.eq == null && id.in == null) {
    throw new AtlasError('BAD_USER_INPUT', 'id has no operator; add eq or in, or omit the predicate.');
  }
  if (id.eq == null) return { ids: id.in };
  return { ids: id.in == null || id.in.includes(id.eq) ? [id.eq] : [] };
}
