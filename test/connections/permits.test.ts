import { describe, expect, it } from 'vitest';
import { Permits } from '../../src/connections/permits.ts';

const busy = new Error('busy');

describe('permits', () => {
  it('are granted in the order of the requests', async () => {
    const permits = new Permits(1, 10_000, () => busy);
    await permits.acquire();
    const admitted: number[] = [];
    const waiting = [1, 2, 3].map((n) => permits.acquire().then(() => admitted.push(n)));
    expect(permits.waiting).toBe(3);
    for (let n = 0; n < 3; n++) permits.release();
    await Promise.all(waiting);
    expect(admitted).toEqual([1, 2, 3]);
    expect(permits.waiting).toBe(0);
  });

  it('are refused to a caller that has waited too long, and go to the next one', async () => {
    const permits = new Permits(1, 10, () => busy);
    await permits.acquire();
    await expect(permits.acquire()).rejects.toBe(busy);
    permits.release();
    await permits.acquire();
  });

  it('are not waited for after the signal aborts, and none is lost', async () => {
    const permits = new Permits(1, 10_000, () => busy);
    await permits.acquire();
    const controller = new AbortController();
    const leaving = permits.acquire(controller.signal);
    const staying = permits.acquire();
    const reason = new Error('left');
    controller.abort(reason);
    await expect(leaving).rejects.toBe(reason);
    await expect(permits.acquire(controller.signal)).rejects.toBe(reason);
    permits.release();
    await staying;
  });

  describe('of several owners', () => {
    it('go to the owner that has the fewest, and then in the order of the requests', async () => {
      const permits = new Permits(2, 10_000, () => busy);
      await permits.acquire(undefined, undefined, 1);
      await permits.acquire(undefined, undefined, 1);
      const admitted: string[] = [];
      const waiting = [1, 1, 2, 3, 2].map((owner, n) =>
        permits.acquire(undefined, undefined, owner).then(() => admitted.push(`${owner}:${n}`)),
      );
      permits.release(1);
      permits.release(1);
      await Promise.all([waiting[2], waiting[0]]);
      permits.release(2);
      await waiting[3];
      permits.release(3);
      await waiting[4];
      permits.release(2);
      await Promise.all(waiting);
      expect(admitted).toEqual(['2:2', '1:0', '3:3', '2:4', '1:1']);
      expect(permits.waiting).toBe(0);
    });

    it('are not all given to one of them, so that another one need not wait', async () => {
      const permits = new Permits(3, 10, () => busy, 2);
      await permits.acquire(undefined, undefined, 1);
      await permits.acquire(undefined, undefined, 1);
      const third = permits.acquire(undefined, undefined, 1);
      await permits.acquire(undefined, undefined, 2);
      permits.release(2);
      await expect(third).rejects.toBe(busy);
      const next = permits.acquire(undefined, 10_000, 1);
      permits.release(1);
      await next;
    });

    it('are not bounded if they belong to nobody', async () => {
      const permits = new Permits(3, 10, () => busy, 1);
      for (let n = 0; n < 3; n++) await permits.acquire();
      await expect(permits.acquire()).rejects.toBe(busy);
    });
  });
});
