import { describe, expect, it, vi } from 'vitest';
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

  it('quick work lets the event loop turn before it begins and after some time, but waits for no other', async () => {
    const endQuick = eventLoopTurns.beginQuick();
    let turned = 0;
    const count = () => {
      turned += 1;
      if (turned < 100) setImmediate(count);
    };
    setImmediate(count);
    const turnedBefore = (ms: number) => {
      const end = performance.now() + ms;
      while (performance.now() < end);
      return turned;
    };
    const pace = { isQuick: true, signal: new AbortController().signal };
    expect(await inTurns([0, 5, 0], turnedBefore, pace)).toEqual([1, 1, 2]);
    endQuick();
    turned = 100;
  });

  describe('beside quick work', () => {
    /** Whether a slice that waits has run after some turns of the event loop and checks of the clock. */
    async function runs(turns: EventLoopTurns): Promise<() => boolean> {
      let hasRun = false;
      void turns.next().then(() => {
        hasRun = true;
      });
      for (let n = 0; n < 3; n++) await immediate();
      return () => hasRun;
    }

    it('waits until the quick work has ended', async () => {
      const turns = new EventLoopTurns(() => 0);
      const [endFirst, endSecond] = [turns.beginQuick(), turns.beginQuick()];
      const hasRun = await runs(turns);
      endFirst();
      endFirst();
      await immediate();
      expect(hasRun()).toBe(false);
      endSecond();
      await immediate();
      await immediate();
      expect(hasRun()).toBe(true);
    });

    it('waits for each slice for at most 20 ms, and for no work that has taken 30 ms', async () => {
      let now = 0;
      const turns = new EventLoopTurns(() => now);
      turns.beginQuick();
      const first = await runs(turns);
      now = 19;
      await new Promise((resolve) => setTimeout(resolve, 10));
      expect(first()).toBe(false);
      now = 20;
      await vi.waitFor(() => expect(first()).toBe(true));

      const second = await runs(turns);
      expect(second()).toBe(false);
      now = 30;
      await vi.waitFor(() => expect(second()).toBe(true));
    });
  });

  it.each([true, false])('returns results in order, and ends with its signal, quick or not: %s', async (isQuick) => {
    const controller = new AbortController();
    const done: number[] = [];
    const slow = (item: number) => {
      const end = performance.now() + 6;
      while (performance.now() < end);
      done.push(item);
      if (item === 5) controller.abort(new Error('gone'));
      return item * 2;
    };
    await expect(inTurns([1, 2, 3], slow, { isQuick, signal: controller.signal })).resolves.toEqual([2, 4, 6]);
    await expect(inTurns([4, 5, 6], slow, { isQuick, signal: controller.signal })).rejects.toThrow('gone');
    expect(done).toEqual([1, 2, 3, 4, 5]);
    expect(eventLoopTurns).toBeInstanceOf(EventLoopTurns);
  });
});
