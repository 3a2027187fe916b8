import { expect, it } from 'vitest';
import { BoundedNames } from '../../src/observability/bounded-names.ts';

it('the first names keep their own label, all further ones and long ones share one', () => {
  const names = new BoundedNames(2);
  const given = ['first', null, 'x'.repeat(81), 'second', 'third', 'first'];
  expect(given.map((name) => names.labelOf(name))).toEqual(['first', 'anonymous', 'other', 'second', 'other', 'first']);
});
