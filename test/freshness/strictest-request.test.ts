import { expect, it } from 'vitest';
import { strictestRequest } from '../../src/freshness/strictest-request.ts';

const token = (s0: bigint) => ({ cluster: 'c', positions: new Map([['s0', s0]]) });

it('asks for nothing where none of them does', () => {
  expect(strictestRequest([])).toEqual({});
  expect(strictestRequest([{}, {}])).toEqual({});
});

it('takes the strictest of each member, in any order', () => {
  const requests = [
    { class: 'OPERATIONAL', maxLagMs: 500, fallback: 'REPLICA', after: token(9n), maxWaitMs: 10 },
    { class: 'REALTIME', fallback: 'FAIL', after: token(5n) },
    { maxLagMs: 20, maxWaitMs: 80 },
  ] as const;
  const strictest = { class: 'REALTIME', maxLagMs: 20, fallback: 'FAIL', after: token(9n), maxWaitMs: 10 };
  expect(strictestRequest(requests)).toEqual(strictest);
  expect(strictestRequest(requests.toReversed())).toEqual(strictest);
});
