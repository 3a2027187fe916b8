import { describe, expect, it, vi } from 'vitest';
import { isChosen, parseOptions } from '../../bench/suite/options.ts';

describe('parseOptions', () => {
  it('measures everything at 200,000 entities unless told otherwise', () => {
    expect(parseOptions([])).toEqual({
      ...{ mode: 'full', entities: 200_000, tenants: 6, attributeTypes: 300, rounds: 3, seconds: 0.75 },
      ...{ only: [], replica: true, json: null, record: false },
    });
  });

  it('takes small sizes for a smoke run, and those that are given instead', () => {
    expect(parseOptions(['--smoke'])).toMatchObject({ mode: 'smoke', entities: 10_000, rounds: 1 });
    expect(parseOptions(['--smoke', '--entities', '500', '--seconds', '0.2', '--record'])).toMatchObject({
      ...{ mode: 'smoke', entities: 500, seconds: 0.2, record: true },
    });
  });

  it.each([
    ['--entities', '0'],
    ['--entities', '1e6'],
    ['--rounds', '-1'],
    ['--seconds', 'NaN'],
    ['--unknown', '1'],
    ['--only', ''],
    ['--only', 'http,'],
  ])('refuses %s %s', (...args) => {
    const print = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    expect(() => parseOptions(args)).toThrow();
    expect(print).toHaveBeenCalled();
    print.mockRestore();
  });

  it('chooses workloads by their file or by the beginning of their name', () => {
    const { only } = parseOptions(['--only', 'http, reads: page']);
    expect(
      ['http: point read', 'reads: page of 50', 'reads: tail', 'mixed: x'].filter((name) => isChosen({ only }, name)),
    ).toEqual(['http: point read', 'reads: page of 50']);
  });
});
