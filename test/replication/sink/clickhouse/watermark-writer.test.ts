import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type {
  ClickHouseDatabase,
  ClickHouseParameters,
} from '../../../../src/connections/clickhouse/clickhouse-database.ts';
import { WatermarkWriter } from '../../../../src/replication/sink/clickhouse/watermark-writer.ts';

const STATEMENT_MS = 20;

/** A ClickHouse that takes a while for each statement, and notes the shards of each that writes watermarks, with the time at which it begins. */
function slow() {
  const written: [at: number, shards: unknown][] = [];
  const begun = performance.now();
  // A timer of no time takes a millisecond.
  const now = () => Math.floor((performance.now() - begun) / 5) * 5;
  let failures = 0;
  const wait = () => new Promise((resolve) => setTimeout(resolve, STATEMENT_MS / 2));
  const database = {
    command: async (_text: string, parameters?: ClickHouseParameters) => {
      written.push([now(), parameters?.shards]);
      await wait();
      if (failures > 0) {
        failures -= 1;
        throw new Error('ClickHouse is down');
      }
    },
    query: async () => {
      await wait();
      return [];
    },
  } as unknown as ClickHouseDatabase;
  return {
    ...{ database, written },
    fail: () => {
      failures += 1;
    },
  };
}

const of = (shard: string, lsn = 2n) => ({
  ...{ shard, from: 1n, copyId: 1n, lsn },
  ...{ heartbeatAt: null, pendingMessages: 0 },
});

describe('watermarks of several shards', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('that come at once are written by one statement, and those that come meanwhile by the next', async () => {
    const { database, written } = slow();
    const writer = WatermarkWriter.of(database);
    void writer.advance(of('s0'));
    void writer.advance(of('s1'));
    await vi.advanceTimersByTimeAsync(5);
    for (const shard of ['s2', 's0', 's3']) void writer.advance(of(shard));
    await vi.advanceTimersByTimeAsync(200);
    expect(written).toEqual([
      [0, ['s0', 's1']],
      [STATEMENT_MS, ['s2', 's0', 's3']],
    ]);
  });

  it('wait for a moment while the rows of others are being written, and no longer than those take', async () => {
    const { database, written } = slow();
    const writer = WatermarkWriter.of(database);
    const rows = (shard: string, ms: number) =>
      writer
        .whileWriting(() => new Promise<void>((resolve) => setTimeout(resolve, ms)))
        .then(() => writer.advance(of(shard)));
    void writer.advance(of('s0'));
    await vi.advanceTimersByTimeAsync(100);
    // Half of what a statement takes is 10 ms.
    for (const [shard, ms] of [
      ['s0', 10],
      ['s1', 15],
      ['s2', 90],
    ] as const)
      void rows(shard, ms);
    await vi.advanceTimersByTimeAsync(300);
    expect(written).toEqual([
      [0, ['s0']],
      [120, ['s0', 's1']],
      [190, ['s2']],
    ]);
  });

  it('of one shard follow each other', async () => {
    const { database, written } = slow();
    const writer = WatermarkWriter.of(database);
    for (const lsn of [2n, 3n]) void writer.advance(of('s0', lsn));
    void writer.advance(of('s1'));
    await vi.advanceTimersByTimeAsync(200);
    expect(written.map(([, shards]) => shards)).toEqual([['s0', 's1'], ['s0']]);
  });

  it('all fail with their statement, and the next one is tried', async () => {
    const { database, written, fail } = slow();
    const writer = WatermarkWriter.of(database);
    fail();
    const outcomes = Promise.allSettled([writer.advance(of('s0')), writer.advance(of('s1'))]);
    await vi.advanceTimersByTimeAsync(100);
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    const again = writer.advance(of('s0'));
    await vi.advanceTimersByTimeAsync(100);
    expect(await again).toEqual({ copies: [], isMarked: false });
    expect(written).toHaveLength(2);
  });

  it('are those that are written through the same database', () => {
    const [one, other] = [slow().database, slow().database];
    expect(WatermarkWriter.of(one)).toBe(WatermarkWriter.of(one));
    expect(WatermarkWriter.of(one)).not.toBe(WatermarkWriter.of(other));
  });
});
