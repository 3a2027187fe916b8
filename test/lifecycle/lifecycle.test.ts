import { describe, expect, it } from 'vitest';
import { Lifecycle, type Service } from '../../src/lifecycle/lifecycle.ts';

const service = (name: string, stop: () => Promise<void>, others: Partial<Service> = {}): Service => ({
  ...{ name, start: async () => {}, stop },
  ...others,
});

describe('the lifecycle', () => {
  it('stops in reverse order, and goes on after a failure', async () => {
    const lifecycle = new Lifecycle();
    const stopped: string[] = [];
    for (const name of ['a', 'b', 'c']) {
      await lifecycle.start(
        service(name, async () => {
          stopped.push(name);
          if (name === 'b') throw new Error('b fails');
        }),
      );
    }
    const failures: string[] = [];
    expect(await lifecycle.stop({ onFailure: (name) => failures.push(name) })).toEqual([]);
    expect([stopped, failures]).toEqual([['c', 'b', 'a'], ['b']]);
  });

  it('waits for services that hang until the time is over, together, and names them', async () => {
    const lifecycle = new Lifecycle();
    const stopped: string[] = [];
    await lifecycle.start(service('first', async () => void stopped.push('first')));
    await lifecycle.start(service('hung', () => new Promise(() => {})));
    await lifecycle.start(service('hung too', () => new Promise(() => {})));
    const startedAt = performance.now();
    expect(await lifecycle.stop({ over: AbortSignal.timeout(100) })).toEqual(['hung too', 'hung']);
    expect(performance.now() - startedAt).toBeLessThan(2_500);
    expect(stopped).toEqual(['first']);
  });

  it('waits for a service that must stop whole even then', async () => {
    const lifecycle = new Lifecycle();
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    await lifecycle.start(service('servers', () => gate, { stopsWhole: true }));
    await lifecycle.start(service('hung', () => new Promise(() => {})));
    const stopping = lifecycle.stop({ over: AbortSignal.abort() });
    const state = async () => Promise.race([stopping, new Promise((resolve) => setImmediate(resolve, 'stopping'))]);
    expect(await state()).toBe('stopping');
    release();
    expect(await stopping).toEqual(['hung']);
  });

  it('drains everything before it stops anything', async () => {
    const lifecycle = new Lifecycle();
    const steps: string[] = [];
    await lifecycle.start(
      service('a', async () => void steps.push('stop'), { drain: async () => void steps.push('drain') }),
    );
    await lifecycle.drain();
    await lifecycle.stop();
    expect(steps).toEqual(['drain', 'stop']);
  });
});
