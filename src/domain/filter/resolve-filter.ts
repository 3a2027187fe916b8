import type { AttributeDefinition, TenantCatalog } from '../catalog/attribute.ts';
import { filterableAttribute } from '../catalog/attribute-lookup.ts';
import { isListType, type ListType, type ScalarType } from '../catalog/list-types.ts';
import { AtlasError } from '../errors.ts';
import { parseEntityId } from '../identifiers.ts';
import { overLimit } from '../over-limit.ts';
import { type EntityFilter, MATCH_ALL } from './filter.ts';
import type { AttributeFilterInput, EntityFilterInput, FilterLimits, PredicateInput } from './filter-input.ts';
import { PREDICATE_NAMES, PREDICATE_TYPES, predicateNameOf } from './predicate-types.ts';
import { resolveListPredicate } from './resolve-list-predicate.ts';
import { resolvePredicate } from './resolve-predicate.ts';

/**
 * Resolves a client's filter against its tenant's catalog; an empty filter matches everything.
 * @throws AtlasError ATTRIBUTE_UNKNOWN | ATTRIBUTE_TYPE_MISMATCH | ATTRIBUTE_NOT_FILTERABLE | BAD_USER_INPUT | LIMIT_EXCEEDED
 */
export function resolveFilter(
  input: EntityFilterInput | null | undefined,
  catalog: TenantCatalog,
  limits: FilterLimits,
): EntityFilter {
  if (input === null || input === undefined) return MATCH_ALL;
  return new FilterResolver(catalog, limits).resolve(input);
}

class FilterResolver {
  readonly #catalog: TenantCatalog;
  readonly #limits: FilterLimits;
  #nodes = 0;

  constructor(catalog: TenantCatalog, limits: FilterLimits) {
    this.#catalog = catalog;
    this.#limits = limits;
  }

  resolve(input: EntityFilterInput): EntityFilter {
    const filters: EntityFilter[] = [];
    for (const attribute of input.attributes ?? []) filters.push(...this.#attribute(attribute));
    if (input.ids) filters.push(this.#ids(input.ids));
    if (input.createdAt) filters.push(...this.#field('createdAt', input.createdAt));
    if (input.updatedAt) filters.push(...this.#field('updatedAt', input.updatedAt));
    if (input.and) filters.push(...this.#all(input.and));
    if (input.or) filters.push({ kind: 'or', filters: this.#all(input.or) });
    if (input.not) filters.push({ kind: 'not', filter: this.#all([input.not])[0] ?? MATCH_ALL });
    // An empty filter counts too, because a long list of them takes time.
    if (filters.length === 0) this.#count(1);
    return conjunction(filters);
  }

  #all(inputs: readonly EntityFilterInput[]): EntityFilter[] {
    this.#count(1);
    return inputs.map((input) => this.resolve(input));
  }

  #attribute(input: AttributeFilterInput): EntityFilter[] {
    if (input.target != null) throw new RangeError('A filter was resolved before the targets of its references');
    const attribute = filterableAttribute(this.#catalog, input.key);
    const filters: EntityFilter[] = [];
    for (const name of PREDICATE_NAMES) {
      const predicate = input[name];
      if (predicate === null || predicate === undefined) continue;
      if (PREDICATE_TYPES[name] !== attribute.type) throw mismatch(attribute, name);
      filters.push(...this.#predicates(`${name} of "${input.key}"`, attribute, predicate));
    }
    if (input.exists === true) filters.push({ kind: 'exists', attribute });
    if (input.exists === false) filters.push({ kind: 'not', filter: { kind: 'exists', attribute } });
    if (filters.length === 0) {
      throw new AtlasError(
        'BAD_USER_INPUT',
        `The filter on "${input.key}" is empty; expected exists, or ${predicateNameOf(attribute.type)} with an operator.`,
      );
    }
    this.#count(filters.length);
    return filters;
  }

  #predicates(subject: string, attribute: AttributeDefinition, input: object): EntityFilter[] {
    if (isList(attribute)) return resolveListPredicate(subject, attribute, input, this.#limits);
    const { type } = attribute as { type: ScalarType };
    const predicates = resolvePredicate(subject, type, input, this.#limits);
    return predicates.map((predicate) => ({ kind: 'attribute', attribute, predicate }));
  }

  #ids(ids: readonly string[]): EntityFilter {
    if (ids.length > this.#limits.maxListItems) {
      throw new AtlasError(
        'LIMIT_EXCEEDED',
        `The filter lists ${ids.length} ids; the limit is ${this.#limits.maxListItems}.`,
        { hint: overLimit('List fewer ids', 'ATLAS_MAX_BATCH_IDS') },
      );
    }
    this.#count(1);
    return { kind: 'ids', ids: [...new Set(ids.map(parseEntityId))] };
  }

  #field(field: 'createdAt' | 'updatedAt', input: PredicateInput<'TIMESTAMP'>): EntityFilter[] {
    const predicates = resolvePredicate(field, 'TIMESTAMP', input, this.#limits);
    this.#count(predicates.length);
    return predicates.map((predicate) => ({ kind: 'field', field, predicate }));
  }

  #count(nodes: number): void {
    this.#nodes += nodes;
    if (this.#nodes <= this.#limits.maxNodes) return;
    throw new AtlasError(
      'LIMIT_EXCEEDED',
      `The filter has too many predicates and combinators; the limit is ${this.#limits.maxNodes}.`,
      { hint: overLimit('Use fewer predicates, or in in place of several eq', 'ATLAS_MAX_FILTER_NODES') },
    );
  }
}

function conjunction(filters: readonly EntityFilter[]): EntityFilter {
  const flat = filters.flatMap((filter) => (filter.kind === 'and' ? filter.filters : [filter]));
  const [only, ...others] = flat;
  return only !== undefined && others.length === 0 ? only : { kind: 'and', filters: flat };
}

function isList(attribute: AttributeDefinition): attribute is AttributeDefinition & { readonly type: ListType } {
  return isListType(attribute.type);
}

function mismatch(attribute: AttributeDefinition, name: string): AtlasError {
  return new AtlasError(
    'ATTRIBUTE_TYPE_MISMATCH',
    `Attribute "${attribute.key}" has type ${attribute.type}; filter it with ${predicateNameOf(attribute.type)}, not with ${name}.`,
  );
}
