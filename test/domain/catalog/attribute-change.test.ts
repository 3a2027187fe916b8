import { describe, expect, it } from 'vitest';
import type { AttributeDefinition } from '../../../src/domain/catalog/attribute.ts';
import { type DefinitionUpdate, planChange } from '../../../src/domain/catalog/attribute-change.ts';
import { SHARED_TENANT } from '../../../src/domain/identifiers.ts';
import { AMPLE_QUOTA } from '../../support/catalog-quota.ts';
import { attribute } from '../../support/domain.ts';
import { tenantCatalog } from '../../support/tenant-catalog.ts';

const refusal = (code: string, message: string) =>
  expect.objectContaining({ code, message: expect.stringContaining(message) });
const updated = (
  update: DefinitionUpdate,
  definitions: readonly AttributeDefinition[] = [attribute()],
  quota = AMPLE_QUOTA,
) =>
  planChange(
    { key: 'score', change: { kind: 'update', update }, expectedVersion: null },
    tenantCatalog(definitions),
    definitions,
    quota,
  );

describe('planning a change of a definition', () => {
  it('takes what is given and leaves the rest', () => {
    expect(updated({ description: 'Points' })).toEqual({
      id: 1,
      description: 'Points',
      entityTypes: [],
      exposed: false,
      rules: {},
      access: {},
      filterable: true,
      hotColumn: null,
      storage: {},
      isRetired: false,
    });
    expect(updated({ exposed: false, rules: {} })).toBeNull();
  });

  it('refuses a tenant to change what is shared by all', () => {
    expect(() => updated({ exposed: true }, [attribute({ tenantId: SHARED_TENANT })])).toThrow(
      refusal('FORBIDDEN', 'Attribute "score" is shared by all tenants'),
    );
  });

  it('refuses what would exceed a limit, and never what takes less than before', () => {
    const other = attribute({ id: 2, key: 'other', exposed: true });
    const quota = { maxDefinitions: 1, maxExposed: 1, maxRuleBytes: 12 };
    const change = (update: DefinitionUpdate, given: Partial<AttributeDefinition> = {}) =>
      updated(update, [attribute(given), other], quota);
    expect(() => change({ exposed: true })).toThrow(
      refusal('LIMIT_EXCEEDED', 'Attribute "score" cannot be exposed: the tenant exposes 1 attributes, the limit'),
    );
    expect(() => change({ rules: { min: 1, max: 200 } })).toThrow(refusal('LIMIT_EXCEEDED', 'the limit is 12'));
    expect(change({ rules: { min: 1 } }, { rules: { min: 1, max: 200 } })).toMatchObject({ rules: { min: 1 } });
    expect(change({ description: 'x' }, { exposed: true })).toMatchObject({ exposed: true });
  });

  it('refuses a field name without naming the attribute that has it, if the caller may not read that', () => {
    const hidden = attribute({ id: 2, key: 'sco_re', exposed: true });
    const mine = attribute({ key: 'sco__re' });
    const request = {
      key: 'sco__re',
      change: { kind: 'update', update: { exposed: true } },
      expectedVersion: null,
    } as const;
    const restriction = { id: '', hidesKey: () => false, hidesId: (id: number) => id === 2, mayWrite: () => true };
    const catalog = { ...tenantCatalog([mine]), restriction };
    expect(() => planChange(request, catalog, [mine, hidden], AMPLE_QUOTA)).toThrow(
      refusal('ATTRIBUTE_INVALID', 'the field scoRe is taken'),
    );
  });
});
