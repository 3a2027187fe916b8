import { setMaxListeners } from 'node:events';
import { expect, it } from 'vitest';
import { type Arrival, PositionWatch } from '../../../src/datasources/routing/position-watch.ts';
import { WaiterLimit, type WaitingLimits } from '../../../src/datasources/routing/waiter-limit.ts';
import type { Positions } from '../../../src/freshness/positions.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { systemPause } from '../../../src/lib/pause.ts';

const { signal } = new AbortController();
setMaxListeners(0, signal);
const UNLIMITED: WaitingLimits = { mostPerProcess: 10_000, mostPerTenant: 10_000 };
const wanted = new Map([
  ['s0', 10n],
  ['s1', 20n],
]);

/** A source that returns `answers` one after the other, the last one for ever, and a watch over it. Its time begins at 0. */
function watching(answers: readonly (Record<string, bigint> | Error)[], limits = UNLIMITED) {
  const state = { at: 0, asked: 0 };
  const positions = async (): Promise<Positions> => {
    const answer = answers[Math.min(state.asked++, answers.length - 1)] ?? {};
    if (answer instanceof Error) throw answer;
    return new Map(Object.entries(answer));
  };
  const pause = async (ms: number) => {
    state.at += ms;
  };
  const limit = new WaiterLimit(limits);
  const watch = new PositionWatch({ source: { positions }, limit, clock: { now: () => state.at }, pause });
  return {
    state,
    limit,
    watch,
    reach: (deadline: number, tenant = 1) => watch.reach({ positions: wanted, deadline, tenant, signal }),
  };
}

it('asks once if every position is reached already', async () => {
  const { state, reach } = watching([{ s0: 10n, s1: 25n }]);
  expect([await reach(0), state]).toEqual(['REACHED', { at: 0, asked: 1 }]);
});

it('asks until the last shard has reached its position', async () => {
  const { state, reach } = watching([{}, { s0: 10n }, { s0: 11n, s1: 19n }, { s0: 11n, s1: 20n }]);
  expect([await reach(1_000), state.asked]).toEqual(['REACHED', 4]);
});

it('ends at the deadline, after a last query', async () => {
  const { state, reach } = watching([{ s0: 10n }]);
  expect([await reach(25), state]).toEqual(['LATE', { at: 25, asked: 3 }]);
});

it('asks once if it may not wait', async () => {
  const { state, reach } = watching([{}]);
  expect([await reach(0), state]).toEqual(['LATE', { at: 0, asked: 1 }]);
});

it('asks less and less often while nothing arrives, and not at all once nobody waits', async () => {
  const { state, reach } = watching([{}]);
  expect(await reach(1_000)).toBe('LATE');
  expect(state.asked).toBeLessThan(30);
  const { asked } = state;
  await new Promise((resolve) => setImmediate(resolve));
  expect(state.asked).toBe(asked);
});

it('asks as often for 1,000 reads as for one', async () => {
  const one = watching([{}]);
  await one.reach(1_000);
  const many = watching([{}]);
  const arrivals = await Promise.all(Array.from({ length: 1_000 }, () => many.reach(1_000)));
  expect(new Set(arrivals)).toEqual(new Set<Arrival>(['LATE']));
  expect(many.state.asked).toBeLessThanOrEqual(one.state.asked + 1);
});

it('asks again for a read that comes during a query, before it is late', async () => {
  let during: Promise<Arrival> | null = null;
  const state = { asked: 0 };
  const watch: PositionWatch = new PositionWatch({
    source: {
      positions: async () => {
        state.asked += 1;
        during ??= watch.reach({ positions: wanted, deadline: 0, tenant: 1, signal });
        return state.asked === 1 ? new Map() : wanted;
      },
    },
    limit: new WaiterLimit(UNLIMITED),
    clock: { now: () => 0 },
    pause: async () => {},
  });
  expect(await watch.reach({ positions: wanted, deadline: 0, tenant: 1, signal })).toBe('LATE');
  expect(await during).toBe('REACHED');
});

it('lets no more reads wait than the limits of the tenant and of the process allow; the others do not wait', async () => {
  const { limit, reach } = watching([{}], { mostPerProcess: 5, mostPerTenant: 3 });
  const arrivals = await Promise.all([1, 1, 1, 1, 2, 2, 2].map((tenant) => reach(500, tenant)));
  expect(arrivals).toEqual(['LATE', 'LATE', 'LATE', 'CROWDED', 'LATE', 'LATE', 'CROWDED']);
  // All of them have left.
  expect([1, 1, 1, 1].map((tenant) => limit.enter(tenant))).toEqual([true, true, true, false]);
});

it('does not count reads whose position is reached at the first query', async () => {
  const { reach } = watching([{ s0: 10n, s1: 20n }], { mostPerProcess: 1, mostPerTenant: 1 });
  expect(await Promise.all([reach(500), reach(500), reach(500)])).toEqual(['REACHED', 'REACHED', 'REACHED']);
});

it('passes on what the source throws, and asks again for the next read', async () => {
  const down = new Error('down');
  const { limit, reach } = watching([{}, down, { s0: 10n, s1: 20n }], { mostPerProcess: 2, mostPerTenant: 2 });
  const failed = await Promise.allSettled([reach(500), reach(500)]);
  expect(failed).toMatchObject([{ reason: down }, { reason: down }]);
  expect(await reach(500)).toBe('REACHED');
  expect([limit.enter(1), limit.enter(1)]).toEqual([true, true]);
});

it('ends immediately, with the reason of the signal, when the request ends, and others wait on', async () => {
  const request = new AbortController();
  const reason = new Error('the client has gone');
  let asked = 0;
  const watch = new PositionWatch({
    source: {
      positions: async () => {
        asked += 1;
        if (asked === 1) setImmediate(() => request.abort(reason));
        return asked < 3 ? new Map() : wanted;
      },
    },
    limit: new WaiterLimit({ mostPerProcess: 2, mostPerTenant: 2 }),
    clock: { now: () => 0 },
    pause: systemPause,
  });
  const gone = { positions: wanted, deadline: 3_600_000, tenant: 1, signal: request.signal };
  const first = watch.reach(gone);
  const other = watch.reach({ ...gone, signal });
  await expect(first).rejects.toBe(reason);
  await expect(watch.reach(gone)).rejects.toBe(reason);
  expect(await other).toBe('REACHED');
});

it('ends at the deadline though the source hangs, also for a read that comes meanwhile, and begins anew when it answers', async () => {
  let answer = (_positions: Positions) => {};
  let asked = 0;
  const limit = new WaiterLimit(UNLIMITED);
  const watch = new PositionWatch({
    source: {
      positions: () => {
        asked += 1;
        return new Promise((resolve) => {
          answer = resolve;
        });
      },
    },
    limit,
    clock: systemClock,
    pause: systemPause,
  });
  const reach = (waitMs: number) =>
    watch.reach({ positions: wanted, deadline: systemClock.now() + waitMs, tenant: 1, signal });
  const startedAt = performance.now();
  expect(await Promise.all([reach(50), reach(0)])).toEqual(['LATE', 'LATE']);
  expect(performance.now() - startedAt).toBeLessThan(5_000);
  expect(asked).toBe(1);
  const next = reach(60_000);
  answer(new Map());
  await expect.poll(() => asked).toBe(2);
  answer(wanted);
  expect(await next).toBe('REACHED');
});
