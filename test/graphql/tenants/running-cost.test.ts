import { describe, expect, it } from 'vitest';
import { RunningCost } from '../../../src/graphql/tenants/running-cost.ts';

const { signal } = new AbortController();
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** The names of the requests that have begun, and what ends each. */
function requests(most: number) {
  const running = new RunningCost(most);
  const begun: string[] = [];
  const end = new Map<string, () => void>();
  return {
    begun,
    end: async (name: string) => {
      end.get(name)?.();
      await settled();
    },
    send: async (name: string, cost: number, tenant = 1, until = signal) => {
      const outcome = running.enter(tenant, cost, until).then(
        (leave) => {
          begun.push(name);
          end.set(name, leave);
        },
        (error: unknown) => begun.push(`${name}: ${error}`),
      );
      await settled();
      return outcome;
    },
  };
}

describe('the requests of a tenant that run at once', () => {
  it('cost no more than the bound together; further ones wait in order', async () => {
    const { send, end, begun } = requests(10);
    void send('a', 6);
    void send('b', 4);
    void send('c', 6);
    await Promise.all([settled(), void send('d', 1)]);
    await settled();
    expect(begun).toEqual(['a', 'b']);
    await end('b');
    expect(begun).toEqual(['a', 'b']);
    await end('a');
    expect(begun).toEqual(['a', 'b', 'c', 'd']);
  });

  it('do not hold up those of another tenant', async () => {
    const { send, begun } = requests(10);
    void send('a', 10);
    void send('b', 10);
    await send('of another', 10, 2);
    expect(begun).toEqual(['a', 'of another']);
  });

  it('include one that costs more than the bound, alone', async () => {
    const { send, end, begun } = requests(10);
    await send('a', 50);
    void send('b', 1);
    await settled();
    expect(begun).toEqual(['a']);
    await end('a');
    expect(begun).toEqual(['a', 'b']);
    void send('c', 50);
    await settled();
    await end('b');
    expect(begun).toEqual(['a', 'b', 'c']);
  });

  it('leave the queue when their time is up, and let those behind them pass', async () => {
    const { send, end, begun } = requests(10);
    const controller = new AbortController();
    await send('a', 5);
    void send('b', 10, 1, controller.signal);
    void send('c', 5);
    await settled();
    expect(begun).toEqual(['a']);
    controller.abort('gone');
    await settled();
    expect(new Set(begun)).toEqual(new Set(['a', 'b: gone', 'c']));
    await end('a');
    await end('c');
    await send('d', 10);
    expect(begun.at(-1)).toBe('d');
  });
});
