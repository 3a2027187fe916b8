import { expect, it } from 'vitest';
import { awaitPositions, systemPause } from '../../../src/datasources/routing/await-positions.ts';

const { signal } = new AbortController();
const wanted = new Map([
  ['s0', 10n],
  ['s1', 20n],
]);

/** Waits until `deadline`, starting at 0, while the source returns `answers` one after the other. */
async function wait(
  deadline: number,
  answers: Record<string, bigint>[],
): Promise<{ reached: boolean; asked: number; at: number }> {
  let at = 0;
  let asked = 0;
  const positions = async () => new Map(Object.entries(answers[Math.min(asked++, answers.length - 1)] ?? {}));
  const pause = async (ms: number) => {
    at += ms;
  };
  const reached = await awaitPositions({ positions }, wanted, deadline, { clock: { now: () => at }, pause }, signal);
  return { reached, asked, at };
}

it('asks once if every position is reached already', async () => {
  expect(await wait(0, [{ s0: 10n, s1: 25n }])).toEqual({ reached: true, asked: 1, at: 0 });
});

it('asks until the last shard has reached its position', async () => {
  const answers = [{}, { s0: 10n }, { s0: 11n, s1: 19n }, { s0: 11n, s1: 20n }];
  expect(await wait(1_000, answers)).toMatchObject({ reached: true, asked: 4 });
});

it('ends at the deadline, after a last query', async () => {
  expect(await wait(25, [{ s0: 10n }])).toEqual({ reached: false, asked: 4, at: 25 });
});

it('asks once if it may not wait', async () => {
  expect(await wait(0, [{}])).toEqual({ reached: false, asked: 1, at: 0 });
});

it('ends immediately, with the reason of the signal, when the request ends', async () => {
  const request = new AbortController();
  const reason = new Error('the client has gone');
  const positions = async () => {
    setImmediate(() => request.abort(reason));
    return new Map<string, bigint>();
  };
  const hour = 3_600_000;
  const waitsLong = {
    clock: { now: () => 0 },
    pause: (_ms: number, aborted: AbortSignal) => systemPause(hour, aborted),
  };
  await expect(awaitPositions({ positions }, wanted, hour, waitsLong, request.signal)).rejects.toBe(reason);
  await expect(awaitPositions({ positions }, wanted, hour, waitsLong, request.signal)).rejects.toBe(reason);
});
