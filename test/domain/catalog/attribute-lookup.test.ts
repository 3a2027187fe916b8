import { describe, expect, it } from 'vitest';
import { attributeByKey } from '../../../src/domain/catalog/attribute-lookup.ts';
import { attribute } from '../../support/domain.ts';
import { tenantCatalog } from '../../support/tenant-catalog.ts';

describe('an unknown key', () => {
  it('is searched among all keys once, however many entities are read', () => {
    const catalog = tenantCatalog([attribute({ key: 'score' })]);
    let searches = 0;
    const counting = {
      ...catalog,
      all: () => {
        searches += 1;
        return catalog.all();
      },
    };
    for (let n = 0; n < 100; n++) {
      expect(() => attributeByKey(counting, 'scroe')).toThrow('did you mean "score"?');
      expect(() => attributeByKey(counting, 'population')).toThrow('attributeDefinitions lists all keys');
    }
    expect(searches).toBe(2);
  });
});
