import { describe, expect, it } from 'vitest';
import { inferColumns } from '../../../src/importing/infer-columns.ts';
import { generatedUsers, USER_COUNT } from '../../../src/importing/sample-data/generated-users.ts';
import { fieldsOf } from '../rows-of.ts';

const users = await fieldsOf(generatedUsers);
const share = (predicate: (user: (typeof users)[number]) => boolean) => users.filter(predicate).length / users.length;

describe('generatedUsers', () => {
  it('are always the same', async () => {
    expect(users.length).toBe(USER_COUNT);
    expect(await fieldsOf(generatedUsers)).toEqual(users);
  });

  it('are mostly from the US and mostly active, and some are active in the US with a score above 80', () => {
    const countries = new Map<unknown, number>();
    for (const { country } of users) countries.set(country, (countries.get(country) ?? 0) + 1);
    expect([...countries].sort(([, a], [, b]) => b - a)[0]?.[0]).toBe('US');
    expect(countries.size).toBe(20);
    expect(share(({ status }) => status === 'active')).toBeGreaterThan(0.6);
    const wanted = share(
      ({ status, country, score }) =>
        status === 'active' && country === 'US' && typeof score === 'number' && score > 80,
    );
    expect(wanted).toBeGreaterThan(0.005);
    expect(wanted).toBeLessThan(0.1);
  });

  it('have scores from 0 to 100, or none', () => {
    for (const { score } of users) {
      if (score !== null) expect(score).toSatisfy((value: number) => value >= 0 && value <= 100);
    }
    expect(share(({ score }) => score === null)).toBeGreaterThan(0.01);
  });

  it('have a long tail of about 200 keys, a few per user', async () => {
    const columns = await inferColumns(
      generatedUsers,
      { rows: Number.POSITIVE_INFINITY, cells: 2_000 },
      () => {},
      new AbortController().signal,
    );
    expect(columns.length).toBeGreaterThan(180);
    for (const { name, key } of columns) expect(key).toBe(name);
    const present = users.map((user) => Object.values(user).filter((value) => value !== null).length);
    expect(Math.max(...present)).toBeLessThanOrEqual(12);
    expect(Math.min(...present)).toBeGreaterThanOrEqual(8);
  });
});
