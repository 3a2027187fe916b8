import { describe, expect, it } from 'vitest';
import type { AttributeDefinition } from '../../../src/domain/catalog/attribute.ts';
import type { AtlasError } from '../../../src/domain/errors.ts';
import { MATCH_ALL } from '../../../src/domain/filter/filter.ts';
import type { EntityFilterInput } from '../../../src/domain/filter/filter-input.ts';
import { resolveFilter } from '../../../src/domain/filter/resolve-filter.ts';
import { attribute } from '../../support/domain.ts';
import { tenantCatalog } from '../../support/tenant-catalog.ts';

const score = attribute({ id: 1, key: 'score', type: 'NUMBER' });
const status = attribute({ id: 2, key: 'status', type: 'TEXT' });
const seen = attribute({ id: 3, key: 'last_seen', type: 'TIMESTAMP' });
const tags = attribute({ id: 4, key: 'tags', type: 'JSON' });
const bio = attribute({ id: 5, key: 'bio', type: 'TEXT', filterable: false });
const old = attribute({ id: 6, key: 'old', type: 'TEXT', retiredAt: new Date('2026-02-03T00:00:00Z') });
const catalog = tenantCatalog([score, status, seen, tags, bio, old]);

const resolve = (
  input: EntityFilterInput | null | undefined,
  limits: { maxNodes?: number; maxListItems?: number } = {},
) => resolveFilter(input, catalog, { maxNodes: 100, maxListItems: 10, ...limits });

const is = (of: AttributeDefinition, operator: 'eq' | 'ne' | 'gt' | 'lt', operand: string | number) => ({
  kind: 'attribute',
  attribute: of,
  predicate: { operator, operand },
});

function refusal(input: EntityFilterInput, limits?: { maxNodes?: number; maxListItems?: number }): string {
  try {
    resolve(input, limits);
  } catch (error) {
    const { code, message } = error as AtlasError;
    return `${code}: ${message}`;
  }
  return 'accepted';
}

describe('a filter', () => {
  it.each([undefined, null, {}, { attributes: null, ids: null, and: null, or: null, not: null }, { and: [{}, {}] }])(
    'that says nothing matches everything (%j)',
    (input) => {
      expect(resolve(input)).toEqual(MATCH_ALL);
    },
  );

  it('with one predicate is that predicate', () => {
    expect(resolve({ attributes: [{ key: 'score', number: { gt: 80, lt: null } }] })).toEqual(is(score, 'gt', 80));
  });

  it('is the conjunction of all its members', () => {
    const input: EntityFilterInput = {
      attributes: [
        { key: 'score', number: { gt: 80, lt: 90 }, exists: true },
        { key: 'status', text: { startsWith: 'a', in: ['a', 'b', 'a'] } },
        { key: 'last_seen', exists: false },
      ],
      ids: ['1', '2', '1'],
      createdAt: { gt: new Date(5) },
      and: [{ attributes: [{ key: 'status', text: { ne: 'x' } }] }],
      or: [],
      not: { attributes: [{ key: 'tags', json: { eq: { b: 1, a: [null] } } }] },
    };
    expect(resolve(input)).toEqual({
      kind: 'and',
      filters: [
        is(score, 'gt', 80),
        is(score, 'lt', 90),
        { kind: 'exists', attribute: score },
        { kind: 'attribute', attribute: status, predicate: { operator: 'in', operands: ['a', 'b'] } },
        { kind: 'attribute', attribute: status, predicate: { operator: 'startsWith', operand: 'a' } },
        { kind: 'not', filter: { kind: 'exists', attribute: seen } },
        { kind: 'ids', ids: ['1', '2'] },
        { kind: 'field', field: 'createdAt', predicate: { operator: 'gt', operand: 5 } },
        is(status, 'ne', 'x'),
        { kind: 'or', filters: [] },
        { kind: 'not', filter: is(tags, 'eq', '{"a":[null],"b":1}') },
      ],
    });
  });

  it.each<[string, EntityFilterInput]>([
    [
      'ATTRIBUTE_UNKNOWN: Unknown attribute "scroe"; did you mean "score"?',
      { attributes: [{ key: 'scroe', exists: true }] },
    ],
    [
      'ATTRIBUTE_UNKNOWN: Unknown attribute "population"; attributeDefinitions lists all keys.',
      { attributes: [{ key: 'population', exists: true }] },
    ],
    [
      'ATTRIBUTE_UNKNOWN: Attribute "old" was retired on 2026-02-03T00:00:00.000Z; use another attribute.',
      { attributes: [{ key: 'old', exists: true }] },
    ],
    [
      'ATTRIBUTE_TYPE_MISMATCH: Attribute "score" has type NUMBER; filter it with number, not with text.',
      { attributes: [{ key: 'score', text: { eq: '80' } }] },
    ],
    [
      'ATTRIBUTE_NOT_FILTERABLE: Attribute "bio" is not filterable; filters, orders and analytics require an attribute defined with filterable: true.',
      { attributes: [{ key: 'bio', text: { eq: 'x' } }] },
    ],
    [
      'BAD_USER_INPUT: The filter on "score" is empty; expected exists, or number with an operator.',
      { attributes: [{ key: 'score', number: null }] },
    ],
    [
      'BAD_USER_INPUT: number of "score" has no operator; add one, such as eq, or omit the predicate.',
      { attributes: [{ key: 'score', number: { eq: null } }] },
    ],
    [
      'BAD_USER_INPUT: text of "status" contains a NUL character or an unpaired surrogate, which stored text never contains; remove it.',
      { attributes: [{ key: 'status', text: { contains: 'a\0' } }] },
    ],
    [
      'BAD_USER_INPUT: json of "tags" contains a NUL character or an unpaired surrogate, which stored JSON never contains; remove it.',
      { attributes: [{ key: 'tags', json: { eq: { a: ['\ud800'] } } }] },
    ],
    [
      'BAD_USER_INPUT: json of "tags" cannot be filtered with gt; use one of eq, ne, in.',
      { attributes: [{ key: 'tags', json: { gt: 1 } as object }] },
    ],
    [
      'BAD_USER_INPUT: number of "score" cannot be filtered with startsWith; use one of eq, ne, gt, gte, lt, lte, in.',
      { attributes: [{ key: 'score', number: { eq: 1, startsWith: '1' } as object }] },
    ],
    [
      'BAD_USER_INPUT: text of "status" cannot be filtered with endsWith; use one of eq, ne, gt, gte, lt, lte, in, startsWith, contains, eqIgnoreCase, startsWithIgnoreCase, containsIgnoreCase.',
      { attributes: [{ key: 'status', text: { eq: 'a', endsWith: 'a' } as object }] },
    ],
    [
      'BAD_USER_INPUT: updatedAt is out of range; expected a moment in the years 0001 to 9999, in UTC.',
      { updatedAt: { lt: new Date('+010000-01-01T00:00:00Z') } },
    ],
    [
      'BAD_USER_INPUT: "x" is not an entity id; expected a whole number from 1 to 9223372036854775807 in decimal digits.',
      { ids: ['1', 'x'] },
    ],
    [
      'BAD_USER_INPUT: number of "score" contains an infinite number; expected a finite number.',
      { attributes: [{ key: 'score', number: { lt: Number.POSITIVE_INFINITY } }] },
    ],
    [
      'BAD_USER_INPUT: json of "tags" contains an infinite number; expected finite numbers.',
      { attributes: [{ key: 'tags', json: { in: [1, { a: [Number.POSITIVE_INFINITY] }] } }] },
    ],
    [
      'BAD_USER_INPUT: json of "tags" is nested too deeply; the limit is 100 levels.',
      { attributes: [{ key: 'tags', json: { eq: JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`) } }] },
    ],
  ])('is refused: %s', (message, input) => {
    expect(refusal(input)).toBe(message);
    expect(refusal({ and: [{ not: { or: [input] } }] })).toBe(message);
  });

  it('lists at most as many ids and values as are allowed', () => {
    const ids = ['1', '2', '3'];
    expect(refusal({ ids }, { maxListItems: 2 })).toBe('LIMIT_EXCEEDED: The filter lists 3 ids; the limit is 2.');
    expect(refusal({ attributes: [{ key: 'status', text: { in: ids } }] }, { maxListItems: 2 })).toBe(
      'LIMIT_EXCEEDED: text of "status".in lists 3 values; the limit is 2.',
    );
  });

  it('has at most as many predicates and combinators as are allowed', () => {
    const one: EntityFilterInput = { attributes: [{ key: 'score', number: { gt: 1, lt: 2 } }] };
    expect(refusal({ or: [one, { not: one }] }, { maxNodes: 6 })).toBe('accepted');
    expect(refusal({ or: [one, { not: one }] }, { maxNodes: 5 })).toBe(
      'LIMIT_EXCEEDED: The filter has too many predicates and combinators; the limit is 5.',
    );
    let deep: EntityFilterInput = one;
    for (let depth = 0; depth < 10_000; depth++) deep = { not: deep };
    expect(refusal(deep)).toMatch(/^LIMIT_EXCEEDED/);
    for (const say of ['and', 'or'] as const) {
      expect(refusal({ [say]: Array(500_000).fill({}) })).toMatch(/^LIMIT_EXCEEDED/);
    }
  });

  it('compares -0 as 0', () => {
    expect(resolve({ attributes: [{ key: 'score', number: { eq: -0 } }] })).toStrictEqual(is(score, 'eq', 0));
  });
});
