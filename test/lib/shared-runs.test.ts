import { expect, it, vi } from 'vitest';
import { SharedRuns } from '../../src/lib/shared-runs.ts';

/** Runs that end when they are told to. */
function runs() {
  const open: { end(): void; fail(error: Error): void }[] = [];
  const shared = new SharedRuns(
    () => new Promise<void>((resolve, reject) => open.push({ end: resolve, fail: reject })),
  );
  return { open, shared };
}

const ticks = () => new Promise((resolve) => setImmediate(resolve));

it('those who come while a run is under way share the next one, which begins after they came', async () => {
  const { open, shared } = runs();
  const settled: string[] = [];
  const join = (name: string) => void shared.join().then(() => settled.push(name));
  join('a');
  join('b');
  await ticks();
  join('c');
  await ticks();
  join('d');
  await ticks();
  expect(open).toHaveLength(1);
  open[0]?.end();
  await ticks();
  expect(settled).toEqual(['a', 'b']);
  expect(open).toHaveLength(2);
  open[1]?.end();
  await ticks();
  expect(settled).toEqual(['a', 'b', 'c', 'd']);
  join('e');
  await ticks();
  expect(open).toHaveLength(3);
});

it('a run that fails fails for those who waited for it, and the next one begins', async () => {
  const { open, shared } = runs();
  const first = shared.join();
  await ticks();
  const second = shared.join();
  open[0]?.fail(new Error('no'));
  await expect(first).rejects.toThrow('no');
  await ticks();
  open[1]?.end();
  await second;
});

it('whoever does not wait any longer leaves the run to the others', async () => {
  const { open, shared } = runs();
  const leaving = new AbortController();
  const one = shared.join(leaving.signal);
  const other = shared.join();
  leaving.abort(new Error('late'));
  await expect(one).rejects.toThrow('late');
  await ticks();
  open[0]?.end();
  await other;
});

it('whoever does not mind that a run has begun gets the result of the one under way', async () => {
  const open: ((value: number) => void)[] = [];
  const shared = new SharedRuns(() => new Promise<number>((resolve) => open.push(resolve)));
  const first = shared.joinRunning(1_000);
  await ticks();
  const second = shared.joinRunning(1_000);
  const next = shared.join();
  open[0]?.(1);
  expect(await Promise.all([first, second])).toEqual([1, 1]);
  await ticks();
  open[1]?.(2);
  expect(await next).toBe(2);
});

it('a run that takes too long is neither joined nor waited for', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  try {
    const open: ((value: number) => void)[] = [];
    const shared = new SharedRuns(() => new Promise<number>((resolve) => open.push(resolve)), 100);
    const hanging = shared.join();
    await ticks();
    const next = shared.join();
    await vi.advanceTimersByTimeAsync(99);
    expect(open).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    await ticks();
    const joined = shared.joinRunning(1_000);
    open[1]?.(2);
    expect(await Promise.all([next, joined])).toEqual([2, 2]);
    open[0]?.(1);
    expect(await hanging).toBe(1);
  } finally {
    vi.useRealTimers();
  }
});

it('a run that began longer ago than the caller minds is not joined, but the next one', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  try {
    const open: ((value: number) => void)[] = [];
    const shared = new SharedRuns(() => new Promise<number>((resolve) => open.push(resolve)), 1_000);
    const first = shared.join();
    await ticks();
    vi.advanceTimersByTime(10);
    const [next, joined] = [shared.joinRunning(10), shared.joinRunning(11)];
    open[0]?.(1);
    expect(await Promise.all([first, joined])).toEqual([1, 1]);
    await ticks();
    open[1]?.(2);
    expect(await next).toBe(2);
  } finally {
    vi.useRealTimers();
  }
});
