import { describe, expect, it } from 'vitest';
import { Breaker } from '../../src/connections/breaker.ts';
import { DatabaseError } from '../../src/connections/database-error.ts';
import { AtlasError } from '../../src/domain/errors.ts';
import { SourceError, type SourceOutcome } from '../../src/domain/source-error.ts';

const refused = new SourceError('down', 'SHARD_UNAVAILABLE', 'refused');
const error = (outcome: SourceOutcome) => new SourceError(outcome, 'SHARD_UNAVAILABLE', outcome);
const failing = (reason: unknown) => () => Promise.reject(reason);

function breaker() {
  let now = 0;
  const tested = new Breaker({ failures: 3, cooldownMs: 1_000, clock: { now: () => now } });
  const run = (work: () => Promise<unknown>, signal?: AbortSignal) =>
    tested.run(work, () => refused, signal).catch((reason: unknown) => reason);
  const fail = async (times: number) => {
    for (let n = 0; n < times; n++) await run(failing(error('down')));
  };
  return {
    tested,
    run,
    fail,
    pass: (ms: number) => {
      now += ms;
    },
  };
}

describe('a breaker', () => {
  it('lets everything through until enough calls in a row have found the server down', async () => {
    const { tested, run, fail } = breaker();
    await fail(2);
    expect(await run(async () => 'fine')).toBe('fine');
    await fail(2);
    expect(tested.isOpen).toBe(false);
    await fail(1);
    expect(tested.isOpen).toBe(true);
    expect(await run(async () => 'fine')).toBe(refused);
  });

  it('lets everything through as soon as the server has answered another caller', async () => {
    const { tested, run, fail, pass } = breaker();
    let heardAt: number | null = 0;
    tested.follow(() => heardAt);
    pass(100);
    await fail(3);
    expect(tested.refuses).toBe(true);
    heardAt = 150;
    expect(tested.refuses).toBe(false);
    expect(await run(async () => 'fine')).toBe('fine');
    await fail(2);
    expect(tested.isOpen).toBe(false);
  });

  it('ignores the failure of a call that began before it closed, a trial too', async () => {
    const { tested, run, fail, pass } = breaker();
    const late = () => {
      let reject = (_: unknown) => {};
      const call = run(
        () =>
          new Promise((_, end) => {
            reject = end;
          }),
      );
      return { call, end: () => reject(error('down')) };
    };
    const early = [late(), late(), late()];
    await fail(3);
    pass(1_000);
    const trial = late();
    tested.follow(() => 1_001);
    expect(await run(async () => 'fine')).toBe('fine');
    for (const { end } of [...early, trial]) end();
    await Promise.all([...early, trial].map(({ call }) => call));
    expect(tested.isOpen).toBe(false);
    expect(await run(async () => 'fine')).toBe('fine');
  });

  it('lets one call at a time try once it has cooled down', async () => {
    const { tested, run, fail, pass } = breaker();
    await fail(3);
    pass(999);
    expect(tested.refuses).toBe(true);
    pass(1);
    expect(tested.refuses).toBe(false);
    let answer = (_: string) => {};
    const trial = run(
      () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    );
    expect(tested.refuses).toBe(true);
    expect(await run(async () => 'fine')).toBe(refused);
    answer('back');
    expect(await trial).toBe('back');
    expect(await run(async () => 'fine')).toBe('fine');
    expect(tested.isOpen).toBe(false);
  });

  it('cools down again if the trial finds the server down', async () => {
    const { tested, run, fail, pass } = breaker();
    await fail(3);
    pass(1_000);
    await fail(1);
    expect(await run(async () => 'fine')).toBe(refused);
    pass(1_000);
    expect(await run(async () => 'fine')).toBe('fine');
    expect(tested.isOpen).toBe(false);
  });

  it.each([
    ['a slow statement', error('slow')],
    ['a statement that the server refused', new DatabaseError('no', { sqlState: '42P01' })],
    ['a conflict', new AtlasError('VERSION_CONFLICT', 'conflict')],
    ['a read that the server cancelled', new SourceError('down', 'SHARD_UNAVAILABLE', 'conflict', { responded: true })],
  ])('takes %s for a response', async (_, reason) => {
    const { tested, run, fail, pass } = breaker();
    await fail(3);
    pass(1_000);
    expect(await run(failing(reason))).toBe(reason);
    expect(tested.isOpen).toBe(false);
  });

  it('ignores a full pool or an aborted call, and lets the next call try', async () => {
    const { tested, run, fail, pass } = breaker();
    await fail(3);
    pass(1_000);
    await run(failing(error('busy')));
    const reason = new AtlasError('TIMEOUT', 'too late');
    await run(failing(reason), AbortSignal.abort(reason));
    expect(tested.isOpen).toBe(true);
    expect(await run(async () => 'fine')).toBe('fine');
    expect(tested.isOpen).toBe(false);
  });

  it('counts a call that was aborted because its server is down', async () => {
    const { tested, run } = breaker();
    const reason = error('down');
    for (let n = 0; n < 3; n++) await run(failing(reason), AbortSignal.abort(reason));
    expect(tested.isOpen).toBe(true);
  });
});
