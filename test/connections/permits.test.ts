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
});
