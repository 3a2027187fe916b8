import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PeriodicTask } from '../../src/lifecycle/periodic-task.ts';

describe('a periodic task', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('runs immediately and then every period', async () => {
    const work = vi.fn(async () => {});
    const task = new PeriodicTask('task', 100, work);
    await task.start();
    expect(work).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(300);
    expect(work).toHaveBeenCalledTimes(4);
    await task.stop();
  });

  it('never overlaps itself: a long run delays the next', async () => {
    let running = 0;
    let most = 0;
    const work = vi.fn(async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 250));
      running -= 1;
    });
    const task = new PeriodicTask('task', 100, work);
    await task.start();
    await vi.advanceTimersByTimeAsync(1000);
    expect(most).toBe(1);
    expect(work).toHaveBeenCalledTimes(4);
    const stopped = task.stop();
    await vi.advanceTimersByTimeAsync(250);
    await stopped;
  });

  it('waits for the current run when stopped, and never runs again', async () => {
    let finished = false;
    const work = vi.fn(async () => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      finished = true;
    });
    const task = new PeriodicTask('task', 100, work);
    await task.start();
    const stopped = task.stop();
    await vi.advanceTimersByTimeAsync(50);
    await stopped;
    expect(finished).toBe(true);
    await vi.advanceTimersByTimeAsync(1000);
    expect(work).toHaveBeenCalledTimes(1);
  });
});
