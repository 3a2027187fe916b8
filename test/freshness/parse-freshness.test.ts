import { describe, expect, it } from 'vitest';
import { encodeToken } from '../../src/freshness/consistency-token.ts';
import { parseFreshness, parseFreshnessHeaders } from '../../src/freshness/parse-freshness.ts';
import { testScope } from '../support/signing-key.ts';

const scope = testScope('s0');
const token = { positions: new Map([['s0', 42n]]), catalogRevision: 7 };
const after = encodeToken(token, scope);
const refused = (message: string) =>
  expect.objectContaining({ code: 'BAD_FRESHNESS', message: expect.stringContaining(message) });

describe('freshness arguments', () => {
  it('keep the members that are set and omit the others', () => {
    expect(parseFreshness({}, scope)).toEqual({});
    expect(
      parseFreshness({ class: null, maxLagMs: null, fallback: null, after: null, maxWaitMs: null }, scope),
    ).toEqual({});
    expect(parseFreshness({ class: 'BATCH', maxLagMs: 0, fallback: 'FAIL', after, maxWaitMs: 30_000 }, scope)).toEqual({
      class: 'BATCH',
      maxLagMs: 0,
      fallback: 'FAIL',
      after: token,
      maxWaitMs: 30_000,
    });
  });

  it.each([
    [{ maxLagMs: -1 }, 'maxLagMs is not valid; expected a whole number of milliseconds from 0 to 2147483647'],
    [{ maxLagMs: 0.5 }, 'maxLagMs is not valid; expected a whole number'],
    [{ maxWaitMs: -1 }, 'maxWaitMs is not valid; expected a whole number of milliseconds from 0 to 30000'],
    [{ maxWaitMs: 30_001 }, 'from 0 to 30000'],
    [{ after: 'nonsense' }, 'expected one that a response of this installation carried'],
  ])('refuse %j', (given, message) => {
    expect(() => parseFreshness(given, scope)).toThrow(refused(message));
  });
});

describe('freshness headers', () => {
  it('have the same meaning as arguments, in any letter case', () => {
    const headers = new Map([
      ['x-freshness-requirement', 'Operational'],
      ['x-max-acceptable-lag-ms', '5000'],
      ['x-fallback-strategy', 'replica'],
      ['x-consistency-token', after],
      ['x-something-else', 'ignored'],
    ]);
    expect(parseFreshnessHeaders(headers, scope)).toEqual({
      class: 'OPERATIONAL',
      maxLagMs: 5_000,
      fallback: 'REPLICA',
      after: token,
    });
    expect(parseFreshnessHeaders(new Map(), scope)).toEqual({});
  });

  it.each([
    [
      'x-freshness-requirement',
      'fresh',
      'x-freshness-requirement is not valid; expected one of realtime, interactive, operational, analytical, batch',
    ],
    ['x-freshness-requirement', '', 'expected one of realtime'],
    ['x-freshness-requirement', 'realtime, batch', 'expected one of realtime'],
    ['x-max-acceptable-lag-ms', '-5', 'x-max-acceptable-lag-ms is not valid; expected a whole number of milliseconds'],
    ['x-max-acceptable-lag-ms', '1e3', 'whole number'],
    ['x-max-acceptable-lag-ms', '', 'whole number'],
    ['x-max-acceptable-lag-ms', '2147483648', 'from 0 to 2147483647'],
    ['x-fallback-strategy', 'none', 'x-fallback-strategy is not valid; expected one of fail, primary, replica'],
    ['x-consistency-token', '', 'malformed'],
  ])('refuse %s: %j', (name, value, message) => {
    expect(() => parseFreshnessHeaders(new Map([[name, value]]), scope)).toThrow(refused(message));
  });
});
