import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Change, SinkPosition } from '../../src/replication/change.ts';
import { ChangePipeline } from '../../src/replication/change-pipeline.ts';
import type { ChangeSink } from '../../src/replication/sink/change-sink.ts';

const FLUSH_MS = 200;

describe('when a batch is written', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** A pipeline into a sink that notes when each batch is written, in milliseconds, and with how many changes. */
  function start({ takesMs = 0 } = {}) {
    const written: [at: number, changes: number][] = [];
    const begun = performance.now();
    const batch: ChangeSink['batch'] = () => {
      let changes = 0;
      return {
        rows: {},
        bytes: 0,
        add: () => {
          changes += 1;
        },
        write: async () => {
          written.push([performance.now() - begun, changes]);
          if (takesMs > 0) await new Promise((resolve) => setTimeout(resolve, takesMs));
        },
      };
    };
    const position: SinkPosition = { copyId: 1n, lsn: 1n, heartbeatAt: null };
    const { signal } = new AbortController();
    const pipeline = new ChangePipeline({
      sink: { batch, advance: async () => {} } as unknown as ChangeSink,
      limits: { rows: 1_000, flushMs: FLUSH_MS },
      ...{ from: position, listener: { written: () => {}, failing: () => {} }, signal, over: signal },
    });
    let lsn = 1n;
    const commit = (...changes: object[]) => {
      lsn += 1n;
      for (const change of [...changes, { kind: 'commit', lsn, acknowledge: () => {} }]) {
        void pipeline.receive(change as Change);
      }
    };
    return { written, change: () => commit({ kind: 'upsert' }), beat: () => commit({ kind: 'heartbeat', at: 1 }) };
  }

  it('is a moment after the first change that follows a pause, with what came meanwhile', async () => {
    const { written, change } = start();
    await vi.advanceTimersByTimeAsync(1_000);
    change();
    await vi.advanceTimersByTimeAsync(5);
    change();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(written).toEqual([[1_010, 2]]);
  });

  it('is not before the time between two batches has passed, however many changes there are', async () => {
    const { written, change } = start();
    for (let at = 0; at < 1_000; at += 20) {
      change();
      await vi.advanceTimersByTimeAsync(20);
    }
    expect(written.map(([at]) => at)).toEqual([10, 210, 410, 610, 810]);
  });

  it('is later for a heartbeat, which does not delay the changes after it', async () => {
    const { written, change, beat } = start();
    beat();
    await vi.advanceTimersByTimeAsync(300);
    expect(written).toEqual([[FLUSH_MS, 0]]);
    change();
    await vi.advanceTimersByTimeAsync(50);
    beat();
    await vi.advanceTimersByTimeAsync(50);
    expect(written).toEqual([
      [FLUSH_MS, 0],
      [310, 1],
    ]);
  });

  it.each([
    ['as often as for changes', 5, [200, 400, 600, 800]],
    ['less often, if writing takes a large part of the time', 20, [200, 400, 800, 1_200]],
    ['twice a second, however long writing takes', 100, [200, 400, 900, 1_400]],
  ])('is, for heartbeats alone, %s', async (_case, takesMs, expected) => {
    const { written, beat } = start({ takesMs });
    for (let at = 0; at < 2_100; at += 5) {
      beat();
      await vi.advanceTimersByTimeAsync(5);
    }
    expect(written.map(([at]) => at).slice(0, 4)).toEqual(expected);
  });
});
