import { expect, it } from 'vitest';
import { StatementNames } from '../../../../src/datasources/postgres/reading/statement-names.ts';

it('names a text always alike, and two texts never', () => {
  const names = new StatementNames();
  expect(names.nameOf('SELECT 1')).toBe(new StatementNames().nameOf('SELECT 1'));
  expect(names.nameOf('SELECT 1')).not.toBe(names.nameOf('SELECT 2'));
});

it('leaves texts without a name once a connection would have to keep many', () => {
  const names = new StatementNames();
  const given = Array.from({ length: 1000 }, (_, index) => names.nameOf(`SELECT ${index}`));
  expect(given.filter((name) => name !== undefined)).toHaveLength(100);
  expect(names.nameOf('SELECT 0')).toBe(given[0]);
});
