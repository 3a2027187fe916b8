import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type {
  ClickHouseDatabase,
  ClickHouseParameters,
} from '../../../../src/connections/clickhouse/clickhouse-database.ts';
import { DatabaseError } from '../../../../src/connections/database-error.ts';
import { WatermarkWriter } from '../../../../src/replication/sink/clickhouse/watermark-writer.ts';

const STATEMENT_MS = 20;

/** A ClickHouse that takes a while for each statement, and notes the shards of each that writes watermarks, with the time at which it begins. */
function slow() {
  const written: [at: number, shards: unknown][] = [];
  const begun = performance.now();
  // A timer of no time takes a millisecond.
  const now = () => Math.floor((performance.now() - begun) / 5) * 5;
  const caughtUp: number[] = [];
  let failures = 0;
  let serverChanges = 0;
  let refused: string | null = null;
  let hanging: string | null = null;
  const wait = () => new Promise((resolve) => setTimeout(resolve, STATEMENT_MS / 2));
  const database = {
    command: async (_text: string, parameters?: ClickHouseParameters) => {
      written.push([now(), parameters?.shards]);
      const shards = (parameters?.shards ?? []) as string[];
      if (hanging !== null && shards.includes(hanging)) await new Promise((resolve) => setTimeout(resolve, 60_000));
      await wait();
      if (refused !== null && shards.includes(refused)) {
        throw new DatabaseError('A value is not valid', { sqlState: '' });
      }
      if (failures > 0) {
        failures -= 1;
        throw new Error('ClickHouse is down');
      }
    },
    query: async (_text: string, parameters?: ClickHouseParameters) => {
      await wait();
      return ((parameters?.shards ?? []) as string[]).toReversed().map((shard) => ({
        ...{
          source: 'replication_watermark',
          shard,
          copy_id: '1',
          newest: shard.slice(1),
          oldest: null,
          ends_earlier: false,
        },
      }));
    },
    catchUp: async (tables: readonly string[]) => {
      caughtUp.push(tables.length);
    },
    get serverChanges() {
      return serverChanges;
    },
  } as unknown as ClickHouseDatabase;
  return {
    ...{ database, written, caughtUp },
    fail: () => {
      failures += 1;
    },
    refuse: (shard: string) => {
      refused = shard;
    },
    hang: (shard: string) => {
      hanging = shard;
    },
    change: () => {
      serverChanges += 1;
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

  it('that wait for a statement that fails are not written after it: the server may have lost their rows', async () => {
    const { database, written, fail } = slow();
    const writer = WatermarkWriter.of(database);
    fail();
    const first = writer.advance(of('s0')).catch(() => 'failed');
    await vi.advanceTimersByTimeAsync(5);
    const waiting = writer.advance(of('s1')).catch(() => 'failed');
    await vi.advanceTimersByTimeAsync(100);
    expect([await first, await waiting, written]).toEqual(['failed', 'failed', [[0, ['s0']]]]);
    void writer.advance(of('s1'));
    await vi.advanceTimersByTimeAsync(100);
    expect(written.map(([, shards]) => shards)).toEqual([['s0'], ['s1']]);
  });

  it('all fail with their statement, and the next one is tried', async () => {
    const { database, written, fail } = slow();
    const writer = WatermarkWriter.of(database);
    fail();
    const outcomes = Promise.allSettled([writer.advance(of('s0')), writer.advance(of('s1'))]);
    await vi.advanceTimersByTimeAsync(100);
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    const again = writer.advance(of('s7'));
    await vi.advanceTimersByTimeAsync(100);
    expect(await again).toEqual({ copies: [{ copyId: 1n, lsn: 7n, endsEarlier: false }], isMarked: false });
    expect(written).toHaveLength(2);
  });

  it('are each told what came of it, and only the wrong one fails', async () => {
    const { database, written, refuse } = slow();
    const writer = WatermarkWriter.of(database);
    refuse('s5');
    const outcomes = Promise.allSettled(['s3', 's5', 's4'].map((shard) => writer.advance(of(shard))));
    await vi.advanceTimersByTimeAsync(200);
    expect(written.map(([, shards]) => shards)).toEqual([['s3', 's5', 's4'], ['s3'], ['s5'], ['s4']]);
    expect(
      (await outcomes).map((outcome) => (outcome.status === 'fulfilled' ? outcome.value.copies[0]?.lsn : 'rejected')),
    ).toEqual([3n, 'rejected', 4n]);
  });

  it('do not wait for a statement that hangs, but for the one of their own shard', async () => {
    const { database, written, hang } = slow();
    const writer = WatermarkWriter.of(database);
    hang('s1');
    const hung = Promise.allSettled([writer.advance(of('s0')), writer.advance(of('s1'))]);
    await vi.advanceTimersByTimeAsync(100);
    const others = [writer.advance(of('s0', 3n)), writer.advance(of('s2'))];
    await vi.advanceTimersByTimeAsync(1_000);
    expect(written).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1_500);
    expect(written).toEqual([
      [0, ['s0', 's1']],
      [2_000, ['s2']],
    ]);
    await expect(others[1]).resolves.toMatchObject({ copies: [{ lsn: 2n }] });
    await vi.advanceTimersByTimeAsync(60_000);
    await hung;
    await expect(others[0]).resolves.toMatchObject({ copies: [{ lsn: 0n }] });
    expect(written.map(([, shards]) => shards)).toEqual([['s0', 's1'], ['s2'], ['s0']]);
  });

  it('are written by a server that has what another one has answered', async () => {
    const { database, caughtUp, change } = slow();
    const writer = WatermarkWriter.of(database);
    const advanced = async () => {
      const advancing = writer.advance(of('s0'));
      await vi.advanceTimersByTimeAsync(100);
      await advancing;
    };
    await advanced();
    expect(caughtUp).toEqual([]);
    change();
    await advanced();
    await advanced();
    expect(caughtUp).toEqual([3]);
  });

  it('are those that are written through the same database', () => {
    const [one, other] = [slow().database, slow().database];
    expect(WatermarkWriter.of(one)).toBe(WatermarkWriter.of(one));
    expect(WatermarkWriter.of(one)).not.toBe(WatermarkWriter.of(other));
  });
});
