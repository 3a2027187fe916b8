import { describe, expect, it } from 'vitest';
import type { AtlasError } from '../../../src/domain/errors.ts';
import type { EntityOrderInput } from '../../../src/domain/filter/filter-input.ts';
import { resolveOrder } from '../../../src/domain/filter/resolve-order.ts';
import { attribute } from '../../support/domain.ts';
import { tenantCatalog } from '../../support/tenant-catalog.ts';

const score = attribute({ id: 1, key: 'score', type: 'NUMBER' });
const tags = attribute({ id: 2, key: 'tags', type: 'JSON' });
const bio = attribute({ id: 3, key: 'bio', type: 'TEXT', filterable: false });
const catalog = tenantCatalog([score, tags, bio]);

describe('an order', () => {
  it.each([undefined, null, []])('is empty if it is not set (%j)', (input) => {
    expect(resolveOrder(input, catalog)).toEqual([]);
  });

  it('is by attributes and fields', () => {
    const orders = resolveOrder(
      [
        { attribute: 'score', direction: 'DESC' },
        { attribute: null, field: 'CREATED_AT', direction: 'ASC' },
      ],
      catalog,
    );
    expect(orders).toEqual([
      { kind: 'attribute', attribute: score, direction: 'DESC' },
      { kind: 'field', field: 'createdAt', direction: 'ASC' },
    ]);
  });

  it.each<[string, EntityOrderInput[]]>([
    [
      'BAD_USER_INPUT: An entry of orderBy has both or neither of attribute and field; expected exactly one.',
      [{ direction: 'ASC' }],
    ],
    [
      'BAD_USER_INPUT: An entry of orderBy has both or neither of attribute and field; expected exactly one.',
      [{ attribute: 'score', field: 'ID', direction: 'ASC' }],
    ],
    [
      'BAD_USER_INPUT: orderBy names "score" more than once; expected each at most once.',
      [
        { attribute: 'score', direction: 'ASC' },
        { attribute: 'score', direction: 'DESC' },
      ],
    ],
    [
      'ATTRIBUTE_UNKNOWN: Unknown attribute "scores"; did you mean "score"?',
      [{ attribute: 'scores', direction: 'ASC' }],
    ],
    [
      'ATTRIBUTE_TYPE_MISMATCH: Attribute "tags" has type JSON, which has no order; order by a text, number, boolean or timestamp.',
      [{ attribute: 'tags', direction: 'ASC' }],
    ],
    [
      'ATTRIBUTE_NOT_FILTERABLE: Attribute "bio" is not filterable; filters, orders and analytics require an attribute defined with filterable: true.',
      [{ attribute: 'bio', direction: 'ASC' }],
    ],
    [
      'LIMIT_EXCEEDED: orderBy has 6 entries; the limit is 5.',
      Array.from({ length: 6 }, () => ({ field: 'ID', direction: 'ASC' })),
    ],
  ])('is refused with %j', (message, input) => {
    try {
      resolveOrder(input, catalog);
      expect.unreachable();
    } catch (error) {
      const { code, message: said } = error as AtlasError;
      expect(`${code}: ${said}`).toBe(message);
    }
  });
});
