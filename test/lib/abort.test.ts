import { describe, expect, it } from 'vitest';
import { askUntilEnded, untilAborted } from '../../src/lib/abort.ts';
import { remainingMs, startDeadline } from '../../src/lib/deadline.ts';

const reason = new Error('enough');

describe('work that may be aborted', () => {
  it('settles as it would without the signal', async () => {
    const { signal } = new AbortController();
    expect(await untilAborted(Promise.resolve(1), signal)).toBe(1);
    await expect(untilAborted(Promise.reject(reason), signal)).rejects.toBe(reason);
  });

  it('rejects with the reason of the signal, whatever becomes of the work', async () => {
    const controller = new AbortController();
    let fail = (_: Error) => {};
    const work = new Promise<never>((_, reject) => {
      fail = reject;
    });
    const aborted = untilAborted(work, controller.signal);
    controller.abort(reason);
    await expect(aborted).rejects.toBe(reason);
    fail(new Error('too late'));
    await expect(untilAborted(Promise.resolve(1), controller.signal)).rejects.toBe(reason);
  });

  it('is asked to end until it has ended', async () => {
    let end = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    let asked = 0;
    await askUntilEnded(ended, async () => {
      asked += 1;
      if (asked === 3) end();
    });
    expect(asked).toBe(3);
  });
});

describe('a deadline', () => {
  it('aborts its signal when the time is up, and reports the time left', async () => {
    const { signal } = startDeadline(30, () => reason);
    const left = remainingMs(signal);
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(30);
    await expect(untilAborted(new Promise(() => {}), signal)).rejects.toBe(reason);
    expect(remainingMs(signal)).toBeLessThan(2);
    expect(remainingMs(new AbortController().signal)).toBeNull();
  });

  it('aborts nothing once it is cleared', () => {
    const deadline = startDeadline(1, () => reason);
    deadline.clear();
    expect(deadline.signal.aborted).toBe(false);
  });
});
