import { describe, expect, it } from 'vitest';
import type { AttributeDefinition } from '../../../src/domain/catalog/attribute.ts';
import type { NewAttribute } from '../../../src/domain/catalog/attribute-catalog.ts';
import { planDefinitions } from '../../../src/domain/catalog/plan-definitions.ts';
import { SHARED_TENANT } from '../../../src/domain/identifiers.ts';
import { attribute } from '../../support/domain.ts';

const QUOTA = { maxDefinitions: 3, maxExposed: 2, maxRuleBytes: 60 };
const text = (key: string, options: Partial<NewAttribute> = {}): NewAttribute => ({ key, type: 'TEXT', ...options });
const plan = (attributes: NewAttribute[], visible: AttributeDefinition[] = [], tenantId = 1) =>
  planDefinitions(tenantId, attributes, visible, QUOTA).map(({ key }) => key);
const own = (key: string, options: Partial<AttributeDefinition> = {}) =>
  attribute({ tenantId: 1, key, type: 'TEXT', ...options });
const refusal = (message: string) =>
  expect.objectContaining({ code: 'LIMIT_EXCEEDED', message: expect.stringContaining(message) });

describe('the quota of a tenant', () => {
  it('bounds its definitions, retired ones included, and none is planned if one is too many', () => {
    const two = [own('a'), own('b', { retiredAt: new Date(0) })];
    expect(plan([text('c')], two)).toEqual(['c']);
    expect(() => plan([text('c'), text('d')], two)).toThrow(
      refusal('"d" cannot be defined: the tenant would have 4 definitions; the limit is 3.'),
    );
  });

  it('bounds its typed fields', () => {
    const exposed = [own('a', { exposed: true })];
    expect(plan([text('b', { exposed: true }), text('c')], exposed)).toEqual(['b', 'c']);
    expect(() => plan([text('b', { exposed: true }), text('c', { exposed: true })], exposed)).toThrow(
      refusal('"c" cannot be defined: the tenant exposes 2 attributes, the limit'),
    );
  });

  it('bounds the size of its rules', () => {
    const rules = { pattern: 'x'.repeat(20) };
    expect(plan([text('b', { rules })], [own('a')])).toEqual(['b']);
    expect(() => plan([text('b', { rules })], [own('a', { rules: { pattern: 'y'.repeat(20) } })])).toThrow(
      refusal("the rules of the tenant's definitions would have 68 bytes; the limit is 60"),
    );
  });

  it('does not count shared definitions, which have a quota of their own', () => {
    const shared = ['a', 'b', 'c'].map((key) => attribute({ tenantId: SHARED_TENANT, key, type: 'TEXT' }));
    expect(plan([text('d')], shared)).toEqual(['d']);
    expect(() => plan([text('d')], [...shared, own('e')], SHARED_TENANT)).toThrow(
      refusal('4 definitions; the limit is 3.'),
    );
  });

  it('is not needed for what is defined already', () => {
    expect(
      plan(
        [text('a')],
        ['a', 'b', 'c', 'd'].map((key) => own(key)),
      ),
    ).toEqual([]);
  });
});
