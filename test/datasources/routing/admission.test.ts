import { describe, expect, it } from 'vitest';
import { Admission } from '../../../src/datasources/routing/admission.ts';

const { signal } = new AbortController();
const state = { now: 0 };
const admissionOf = (size: number, waitMs = 0) => new Admission({ size, waitMs, clock: { now: () => state.now } });

/** Work that runs until `finish` is called. */
function work() {
  let finish = () => {};
  const running = new Promise<string>((resolve) => {
    finish = () => resolve('done');
  });
  return { run: () => running, finish };
}

describe('reads that pass a token', () => {
  it('are admitted in order, no more at once than there are connections', async () => {
    const admission = admissionOf(2);
    const works = [work(), work(), work(), work()];
    const begun: number[] = [];
    const wait = { startedAt: state.now, deadline: state.now + 60_000 };
    const results = works.map(({ run }, n) =>
      admission.run(
        () => {
          begun.push(n);
          return run();
        },
        wait,
        signal,
      ),
    );
    await Promise.resolve();
    expect(begun).toEqual([0, 1]);
    works[1]?.finish();
    await results[1];
    expect(begun).toEqual([0, 1, 2]);
    for (const { finish } of works) finish();
    expect(await Promise.all(results)).toEqual(['done', 'done', 'done', 'done']);
    expect(begun).toEqual([0, 1, 2, 3]);
  });

  it.each([
    ['the deadline of its token', { startedAt: 0, deadline: 40 }, 10],
    ['the longest wait for a connection, if that is longer', { startedAt: 0, deadline: 0 }, 40],
  ])('wait no longer than %s, from when they began', async (_, wait, waitMs) => {
    state.now = 20;
    const admission = admissionOf(1, waitMs);
    const first = work();
    const running = admission.run(first.run, { startedAt: 20, deadline: 60_000 }, signal);
    const startedAt = performance.now();
    expect(await admission.run(async () => 'never', wait, signal)).toBeNull();
    const tookMs = performance.now() - startedAt;
    expect(tookMs).toBeGreaterThan(15);
    expect(tookMs).toBeLessThan(1_000);
    first.finish();
    await running;
  });

  it('say when the connections will be free by how long reads take and how many wait', async () => {
    state.now = 0;
    const admission = admissionOf(2);
    expect(admission.freeInMs).toBeNull();
    const first = work();
    const running = admission.run(first.run, { startedAt: 0, deadline: 60_000 }, signal);
    await Promise.resolve();
    state.now = 50;
    first.finish();
    await running;
    expect(admission.freeInMs).toBe(25);
    const works = [work(), work(), work(), work()];
    const all = works.map(({ run }) => admission.run(run, { startedAt: 50, deadline: 60_000 }, signal));
    expect(admission.freeInMs).toBe(75);
    for (const { finish } of works) finish();
    await Promise.all(all);
  });

  it('give their places back if they fail or their requests end', async () => {
    const admission = admissionOf(1);
    const wait = { startedAt: state.now, deadline: state.now + 60_000 };
    await expect(admission.run(() => Promise.reject(new Error('lost')), wait, signal)).rejects.toThrow('lost');
    const first = work();
    const running = admission.run(first.run, wait, signal);
    const request = new AbortController();
    const waiting = admission.run(async () => 'never', wait, request.signal);
    request.abort(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
    first.finish();
    await running;
    expect(await admission.run(async () => 'served', wait, signal)).toBe('served');
  });
});
