import {
  buildSchema,
  executeSync,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  GraphQLInt,
  type GraphQLLeafType,
  isInputObjectType,
  isListType,
  isNonNullType,
  parse,
} from 'graphql';
import coercion from 'graphql/utilities/coerceInputValue.js';

type CoerceInputValue = typeof coercion.coerceInputValue;
/** @throws anything, if graphql is to coerce the value: it is not valid, or not what is usual. */
type Coerce = (value: unknown) => unknown;

const known = new WeakMap<GraphQLInputObjectType | GraphQLLeafType, Coerce>();
const unusual = new Error('Left to graphql');
let isInstalled = false;

/**
 * From now on, variables are coerced by functions that are made once for each input type. graphql makes an array of a type's fields for each object, and
 * a result that V8 keeps as a hash table: for 100 entities of 12 values, a fifth of what a write takes of the process, in one turn of the event loop.
 * Results are the same; whatever is refused is coerced again by graphql, which says why.
 * @throws if graphql does not use them
 */
export function compileInputs(): void {
  if (isInstalled) return;
  isInstalled = true;
  const { coerceInputValue } = coercion;
  const compiled: CoerceInputValue = (value, type, ...others) => {
    try {
      return coerceAs(type)(value);
    } catch {
      return coerceInputValue(value, type, ...others);
    }
  };
  Object.assign(coercion, { coerceInputValue: compiled });
  const schema = buildSchema('type Query { probe(value: Int): Int }');
  executeSync({
    schema,
    document: parse('query ($value: Int) { probe(value: $value) }'),
    variableValues: { value: 1 },
  });
  if (!known.has(GraphQLInt)) throw new Error('graphql coerces variables in another way');
}

function coerceAs(type: GraphQLInputType): Coerce {
  if (isNonNullType(type)) return coerceNonNull(coerceAs(type.ofType));
  if (isListType(type)) return coerceList(coerceAs(type.ofType));
  let coerce = known.get(type);
  if (coerce === undefined) {
    coerce = isInputObjectType(type) ? coerceObject(type) : coerceLeaf(type);
    known.set(type, coerce);
  }
  return coerce;
}

function coerceNonNull(coerce: Coerce): Coerce {
  return (value) => {
    if (value === null || value === undefined) throw unusual;
    return coerce(value);
  };
}

function coerceList(coerceItem: Coerce): Coerce {
  return (value) => {
    if (value === null || value === undefined) return null;
    if (Array.isArray(value)) return value.map(coerceItem);
    if (typeof value === 'object' && Symbol.iterator in value) throw unusual;
    // An item that is no list is a list of one.
    return [coerceItem(value)];
  };
}

function coerceLeaf(type: GraphQLLeafType): Coerce {
  return (value) => {
    if (value === null || value === undefined) return null;
    const parsed: unknown = type.parseValue(value);
    if (parsed === undefined) throw unusual;
    return parsed;
  };
}

interface CompiledField {
  readonly name: string;
  readonly defaultValue: unknown;
  readonly isRequired: boolean;
  readonly coerce: Coerce;
}

function coerceObject(type: GraphQLInputObjectType): Coerce {
  // Made when it is needed: a type may have fields of its own type.
  let fields: readonly CompiledField[] | undefined;
  return (value) => {
    if (value === null || value === undefined) return null;
    if (typeof value !== 'object' || Array.isArray(value) || type.isOneOf) throw unusual;
    fields ??= fieldsOf(type);
    const given = value as Readonly<Record<string, unknown>>;
    const coerced: Record<string, unknown> = {};
    let found = 0;
    for (const { name, defaultValue, isRequired, coerce } of fields) {
      const own = given[name];
      if (own !== undefined) {
        found += 1;
        coerced[name] = coerce(own);
      } else if (defaultValue !== undefined) coerced[name] = defaultValue;
      else if (isRequired) throw unusual;
    }
    if (Object.keys(given).length !== found) throw unusual;
    return coerced;
  };
}

function fieldsOf(type: GraphQLInputObjectType): readonly CompiledField[] {
  return Object.values(type.getFields()).map(({ name, defaultValue, type: ofField }) => ({
    ...{ name, defaultValue, isRequired: isNonNullType(ofField), coerce: coerceAs(ofField) },
  }));
}
