import { describe, expect, it } from 'vitest';
import type { AttributeDefinition } from '../../../src/domain/catalog/attribute.ts';
import type { NewAttribute } from '../../../src/domain/catalog/attribute-catalog.ts';
import { planDefinitions } from '../../../src/domain/catalog/plan-definitions.ts';
import { SHARED_TENANT } from '../../../src/domain/identifiers.ts';
import { AMPLE_QUOTA } from '../../support/catalog-quota.ts';
import { attribute } from '../../support/domain.ts';

const number = (key: string, options: Partial<NewAttribute> = {}): NewAttribute => ({
  key,
  type: 'NUMBER',
  ...options,
});
const plan = (attributes: NewAttribute[], visible: AttributeDefinition[] = [], tenantId = 1) =>
  planDefinitions(tenantId, attributes, visible, AMPLE_QUOTA);
const refusal = (code: string, message: string) =>
  expect.objectContaining({ code, message: expect.stringContaining(message) });

describe('planning definitions', () => {
  it('fills in the defaults', () => {
    expect(plan([number('score')])).toEqual([
      {
        key: 'score',
        type: 'NUMBER',
        description: null,
        entityTypes: [],
        filterable: true,
        exposed: false,
        hotColumn: null,
        rules: {},
        access: {},
        unique: false,
      },
    ]);
  });

  it('omits definitions that exist with the same type, whatever else the input sets', () => {
    expect(plan([number('score', { exposed: true })], [attribute()])).toEqual([]);
    expect(plan([number('score')], [attribute({ tenantId: SHARED_TENANT })])).toEqual([]);
    expect(plan([number('size'), number('size')])).toHaveLength(1);
  });

  it('refuses another type than the existing one', () => {
    expect(() => plan([{ key: 'score', type: 'TEXT' }], [attribute()])).toThrow(
      refusal('ATTRIBUTE_TYPE_MISMATCH', 'Attribute "score" already has type NUMBER'),
    );
    expect(() => plan([number('size'), { key: 'size', type: 'JSON' }])).toThrow(
      refusal('ATTRIBUTE_TYPE_MISMATCH', 'NUMBER'),
    );
  });

  it('says that a definition of another type is retired or being deleted', () => {
    const retired = { retiredAt: new Date(0) };
    const text: NewAttribute[] = [{ key: 'score', type: 'TEXT' }];
    expect(() => plan(text, [attribute(retired)])).toThrow(
      refusal(
        'ATTRIBUTE_TYPE_MISMATCH',
        '"score" is retired and has type NUMBER; delete it first, or use another key.',
      ),
    );
    expect(() => plan(text, [attribute({ ...retired, storage: { move: { kind: 'DELETE' } } })])).toThrow(
      refusal('ATTRIBUTE_TYPE_MISMATCH', '"score" is being deleted and has type NUMBER; retry when it is gone.'),
    );
  });

  it('gives hot attributes the first free columns of their type', () => {
    const visible = [attribute({ hotColumn: 'number_2' }), attribute({ key: 'shared', hotColumn: 'number_1' })];
    const planned = plan([number('a', { hot: true }), number('b', { hot: true }), number('c')], visible);
    expect(planned.map(({ hotColumn }) => hotColumn)).toEqual(['number_3', 'number_4', null]);
  });

  it('refuses a hot attribute when no column is free, and hot JSON', () => {
    const visible = [1, 2].map((n) => attribute({ key: `x${n}`, type: 'BOOLEAN', hotColumn: `boolean_${n as 1 | 2}` }));
    expect(() => plan([{ key: 'active', type: 'BOOLEAN', hot: true }], visible)).toThrow(
      refusal('ATTRIBUTE_INVALID', 'cannot be hot: all 2 hot BOOLEAN columns are taken'),
    );
    expect(() => plan([{ key: 'doc', type: 'JSON', hot: true }])).toThrow(
      refusal('ATTRIBUTE_INVALID', 'cannot be hot: type JSON has no hot columns'),
    );
  });

  it('refuses a hot attribute that is not filterable', () => {
    expect(() => plan([number('score', { hot: true, filterable: false })])).toThrow(
      refusal('ATTRIBUTE_INVALID', 'cannot be hot without being filterable'),
    );
  });

  it.each(['id', 'created_at', 'freshness', 'json'])('refuses to expose %s, a field that every Entity has', (key) => {
    expect(() => plan([number(key, { exposed: true })])).toThrow(
      refusal('ATTRIBUTE_INVALID', 'every Entity already has'),
    );
    expect(plan([number(key)])).toHaveLength(1);
  });

  it('refuses to expose two keys under one field name', () => {
    const visible = [attribute({ key: 'last_seen', exposed: true })];
    expect(() => plan([number('last__seen', { exposed: true })], visible)).toThrow(
      refusal('ATTRIBUTE_INVALID', 'attribute "last_seen" already uses the field lastSeen'),
    );
    expect(() => plan([number('a_1', { exposed: true }), number('a1', { exposed: true })])).toThrow(
      refusal('ATTRIBUTE_INVALID', 'already uses the field a1'),
    );
    expect(plan([number('last__seen')], visible)).toHaveLength(1);
  });

  it('defines a shared attribute beside those that tenants have under its key, unless the type is another', () => {
    const theirs = [attribute({ tenantId: 7, exposed: true }), attribute({ id: 2, tenantId: 8 })];
    expect(plan([number('score', { exposed: true })], theirs, SHARED_TENANT)).toMatchObject([{ key: 'score' }]);
    const text = attribute({ id: 3, tenantId: 9, type: 'TEXT' });
    expect(() => plan([number('score')], [...theirs, text], SHARED_TENANT)).toThrow(
      refusal('ATTRIBUTE_INVALID', 'cannot be shared: it has another type for some tenants'),
    );
    expect(
      plan([number('score')], [...theirs, text, attribute({ id: 4, tenantId: SHARED_TENANT })], SHARED_TENANT),
    ).toEqual([]);
  });

  it.each([
    ['created_at', 'every Entity already has a field createdAt; use another key'],
    ['constructor', 'every object of JavaScript already has a field constructor; use another key'],
    ['to_string', 'every object of JavaScript already has a field toString; use another key'],
  ])('refuses a typed field for %s', (key, message) => {
    expect(() => plan([number(key, { exposed: true })])).toThrow(
      refusal('ATTRIBUTE_INVALID', `cannot be exposed: ${message}`),
    );
    expect(plan([number(key)])).toHaveLength(1);
  });

  it('refuses a shared attribute whose field a tenant uses for another key, without naming it', () => {
    const theirs = [attribute({ tenantId: 7, key: 'last_seen', exposed: true })];
    expect(() => plan([number('last__seen', { exposed: true })], theirs, SHARED_TENANT)).toThrow(
      refusal('ATTRIBUTE_INVALID', 'cannot be exposed: the field lastSeen is taken'),
    );
  });

  it('gives a shared hot attribute a column that no tenant uses', () => {
    const theirs = [7, 8].map((tenantId) =>
      attribute({ tenantId, key: `x${tenantId}`, hotColumn: `number_${tenantId === 7 ? 1 : 2}` }),
    );
    expect(plan([number('score', { hot: true })], theirs, SHARED_TENANT)).toMatchObject([{ hotColumn: 'number_3' }]);
  });

  it.each(['Score', '', '1st'])('refuses the key %j', (key) => {
    expect(() => plan([number(key)])).toThrow(refusal('ATTRIBUTE_INVALID', 'is not a valid attribute key'));
  });

  it('refuses large definitions, because every process holds them in memory', () => {
    const described = number('score', { description: 'a'.repeat(2_001) });
    expect(() => plan([described])).toThrow(
      refusal('ATTRIBUTE_INVALID', 'a description of 2001 characters; the limit is 2000'),
    );
    const typed = number('score', { entityTypes: Array<string>(101).fill('user') });
    expect(() => plan([typed])).toThrow(refusal('ATTRIBUTE_INVALID', 'lists 101 entity types; the limit is 100'));
  });

  it('refuses a description that cannot be stored', () => {
    expect(() => plan([number('score', { description: 'a\0' })])).toThrow(refusal('ATTRIBUTE_INVALID', 'NUL'));
  });
});
