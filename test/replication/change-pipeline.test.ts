import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Change, SinkPosition } from '../../src/replication/change.ts';
import { ChangePipeline } from '../../src/replication/change-pipeline.ts';
import { FlushBeat } from '../../src/replication/flush-beat.ts';
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
  function start({ takesMs = 0, beat: together = new FlushBeat(), rows = 1_000, failures = 0, rowsEach = 0 } = {}) {
    const written: [at: number, changes: number][] = [];
    const begun = performance.now();
    const batch: ChangeSink['batch'] = () => {
      let changes = 0;
      return {
        rows: { entity: rowsEach },
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
    let failuresLeft = failures;
    const advance = async () => {
      if (failuresLeft === 0) return;
      failuresLeft -= 1;
      throw new Error('The sink does not answer');
    };
    const position: SinkPosition = { copyId: 1n, lsn: 1n, heartbeatAt: null };
    const { signal } = new AbortController();
    const pipeline = new ChangePipeline({
      sink: { batch, advance } as unknown as ChangeSink,
      limits: { rows, flushMs: FLUSH_MS },
      ...{ from: position, listener: { written: () => {}, failing: () => {} }, signal, over: signal },
      beat: together,
    });
    let lsn = 1n;
    const commit = (...changes: object[]) => {
      lsn += 1n;
      for (const change of [...changes, { kind: 'commit', lsn, acknowledge: () => {} }]) {
        void pipeline.receive(change as Change);
      }
    };
    const left = () => failuresLeft;
    return {
      ...{ pipeline, written, left },
      change: () => commit({ kind: 'upsert' }),
      beat: () => commit({ kind: 'heartbeat', at: 1 }),
    };
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

  it('is with that of another shard if it would be soon anyway, and from then on', async () => {
    const beat = new FlushBeat();
    const [early, late] = [start({ beat }), start({ beat })];
    const at = (written: [number, number][]) => written.map(([ms]) => ms);
    for (let ms = 0; ms < 1_000; ms += 10) {
      early.change();
      if (ms >= 60) late.change();
      await vi.advanceTimersByTimeAsync(10);
    }
    // Of the 60 ms by which it is late, less than half of the interval, 130 are left until the other one begins again.
    expect(at(early.written)).toEqual([10, 210, 410, 610, 810]);
    expect(at(late.written)).toEqual([70, 210, 410, 610, 810]);
  });

  it('is as often as alone, however many others there are', async () => {
    const beat = new FlushBeat();
    const busy = start({ beat });
    const sporadic = Array.from({ length: 3 }, () => start({ beat }));
    for (let ms = 0; ms < 10_000; ms += 10) {
      busy.change();
      if (ms % 70 === 0) sporadic[(ms / 70) % 3]?.change();
      await vi.advanceTimersByTimeAsync(10);
    }
    expect(busy.written.length).toBeLessThanOrEqual(10_000 / FLUSH_MS + 1);
    expect(busy.written.length).toBeGreaterThanOrEqual(10_000 / FLUSH_MS - 1);
  });

  it.each([
    ['at most 20 times a second for all shards of a process', 10, 500],
    ['once a second, however many they are', 40, 1_000],
  ])('is, where many are written, %s', async (_case, shards, everyMs) => {
    const beat = new FlushBeat();
    const all = Array.from({ length: shards }, () => start({ beat }));
    const quiet = start({ beat });
    for (let ms = 0; ms < 10_000; ms += 10) {
      for (const { change } of all) change();
      quiet.beat();
      await vi.advanceTimersByTimeAsync(10);
    }
    const [first] = all;
    expect(first?.written.filter(([at]) => at >= 5_000).length).toBeCloseTo(5_000 / everyMs, -0.5);
    // As soon as the others have nothing to write any more.
    await vi.advanceTimersByTimeAsync(3_000);
    first?.change();
    await vi.advanceTimersByTimeAsync(20);
    first?.change();
    const before = first?.written.length ?? 0;
    await vi.advanceTimersByTimeAsync(FLUSH_MS);
    expect(first?.written.length).toBe(before + 1);
  });

  it.each([
    ['a third of the time, if it has few rows', 150, 5, 450],
    ['less, if it takes long because it has many', 150, 10_000, FLUSH_MS],
    ['a second, however long it takes', 800, 5, 1_000],
  ])('lets writing take %s', async (_case, takesMs, rowsEach, everyMs) => {
    const { written, change } = start({ takesMs, rowsEach });
    for (let ms = 0; ms < 20_000; ms += 10) {
      change();
      await vi.advanceTimersByTimeAsync(10);
    }
    const [before, last] = written.slice(-2).map(([at]) => at);
    expect((last ?? 0) - (before ?? 0)).toBeCloseTo(everyMs, -1.5);
  });

  it('is as if it were alone while it would not be soon, and once the other one has ended', async () => {
    const beat = new FlushBeat();
    const [early, late] = [start({ beat }), start({ beat })];
    early.change();
    await vi.advanceTimersByTimeAsync(160);
    late.change();
    await vi.advanceTimersByTimeAsync(5);
    early.change();
    await vi.advanceTimersByTimeAsync(95);
    expect(early.written).toEqual([
      [10, 1],
      [210, 1],
    ]);
    expect(late.written).toEqual([[170, 1]]);
    late.change();
    await early.pipeline.settle();
    early.change();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(late.written.map(([ms]) => ms)).toEqual([170, 370]);
  });

  it('is for heartbeats with the changes of another shard', async () => {
    const beat = new FlushBeat();
    const [quiet, busy] = [start({ beat, takesMs: 100 }), start({ beat })];
    for (let ms = 0; ms < 2_000; ms += 10) {
      quiet.beat();
      if (ms % 250 === 0) busy.change();
      await vi.advanceTimersByTimeAsync(10);
    }
    const begun = busy.written.map(([ms]) => ms);
    // Once it is known how long they take, which makes them rare.
    const later = quiet.written.map(([ms]) => ms).filter((ms) => ms > 500);
    expect(later).toEqual([760, 1_010, 1_260, 1_510, 1_760]);
    expect(begun).toEqual(expect.arrayContaining(later));
  });

  it('is again, if what follows it fails: the sink may have lost it meanwhile', async () => {
    vi.useRealTimers();
    const { written, left, change } = start({ failures: 1 });
    change();
    await vi.waitUntil(() => left() === 0);
    await vi.waitUntil(() => written.length > 1);
    change();
    await vi.waitUntil(() => written.length > 2);
  });

  it('lets the next one fill, whoever begins it', async () => {
    const { pipeline, written, change } = start({ takesMs: 300, rows: 1 });
    change();
    change();
    const next = { kind: 'upsert' } as Change;
    // The second batch is full, and due before the first one has been written.
    let isFree = false;
    void pipeline.receive(next)?.then(() => {
      isFree = true;
    });
    await vi.advanceTimersByTimeAsync(299);
    expect([written.length, isFree]).toEqual([1, false]);
    await vi.advanceTimersByTimeAsync(20);
    expect([written.length, isFree]).toEqual([2, true]);
  });
});
