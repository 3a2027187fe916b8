import { describe, expect, it } from 'vitest';
import { EventLoopTurns, eventLoopTurns, inTurns } from '../../src/lib/event-loop-turns.ts';

const immediate = () => new Promise((resolve) => setImmediate(resolve));

describe('work that is divided into turns', () => {
  it('goes on at once while its turn has time left, and waits when it has none', async () => {
    let now = 0;
    const turns = new EventLoopTurns(() => now);
    await turns.share();
    let turned = false;
    void immediate().then(() => {
      turned = true;
    });
    now = 3;
    await turns.share();
    expect(turned).toBe(false);
    now = 4;
    expect(turns.isOver).toBe(true);
    await turns.share();
    expect(turned).toBe(true);
  });

  it('lets the event loop turn between two pieces of work that wait at once', async () => {
    const turns = new EventLoopTurns(() => 0);
    const order: string[] = [];
    const other = async () => {
      for (let n = 0; n < 3; n++) {
        await immediate();
        order.push('event loop');
      }
    };
    const work = async (name: string) => {
      await turns.next();
      order.push(name);
    };
    await Promise.all([other(), work('a'), work('b')]);
    expect(order.indexOf('b') - order.indexOf('a')).toBeGreaterThan(1);
  });

  it('returns results in order, and ends with its signal', async () => {
    const controller = new AbortController();
    const done: number[] = [];
    const slow = (item: number) => {
      const end = performance.now() + 6;
      while (performance.now() < end);
      done.push(item);
      if (item === 5) controller.abort(new Error('gone'));
      return item * 2;
    };
    await expect(inTurns([1, 2, 3], slow, controller.signal)).resolves.toEqual([2, 4, 6]);
    await expect(inTurns([4, 5, 6], slow, controller.signal)).rejects.toThrow('gone');
    expect(done).toEqual([1, 2, 3, 4, 5]);
    expect(eventLoopTurns).toBeInstanceOf(EventLoopTurns);
  });
});
