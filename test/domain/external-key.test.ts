import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { UniqueAttribute } from '../../src/domain/catalog/unique-attribute.ts';
import { EntityIdGenerator } from '../../src/domain/entity-id-generator.ts';
import { derivedId } from '../../src/domain/external-key.ts';
import { isEntityId } from '../../src/domain/identifiers.ts';
import { attribute } from '../support/domain.ts';

const SALT = '6f1f9ab4-45c8-4c0e-8a41-6bd2f32ab3a3';
const sku = attribute({ key: 'sku', type: 'TEXT', keySalt: SALT, entityTypes: ['product'] }) as UniqueAttribute;

describe('the id that a key decides', () => {
  it('is the same for ever', () => {
    expect(derivedId(1, 'product', sku, 'A-1')).toBe('1592869555507631609');
    expect(derivedId(1, 'product', sku, 1)).toBe('3181886508297719420');
  });

  it('is an id that no generator reaches', () => {
    const generated = BigInt(new EntityIdGenerator(() => Date.parse('2022-05-01')).next());
    fc.assert(
      fc.property(fc.string(), fc.nat(), (value, tenant) => {
        const id = derivedId(tenant, 'product', sku, value);
        expect(isEntityId(id)).toBe(true);
        expect(BigInt(id) >= 2n ** 60n && BigInt(id) < generated).toBe(true);
      }),
    );
  });

  it('depends on tenant, type, salt and value', () => {
    const other = { ...sku, keySalt: SALT.replace('6', '7') };
    const ids = [
      derivedId(1, 'product', sku, 'A-1'),
      derivedId(2, 'product', sku, 'A-1'),
      derivedId(1, 'part', sku, 'A-1'),
      derivedId(1, 'product', other, 'A-1'),
      derivedId(1, 'product', sku, 'A-2'),
      derivedId(1, 'product', sku, 'a-1'),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });
});
