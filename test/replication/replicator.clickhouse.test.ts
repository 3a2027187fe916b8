import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { ClickHouseDatabase, ClickHouseParameters } from '../../src/connections/clickhouse/clickhouse-database.ts';
import { ShutdownGrace } from '../../src/lifecycle/shutdown-grace.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { Metrics } from '../../src/observability/metrics.ts';
import type { SinkPosition } from '../../src/replication/change.ts';
import { Replicator } from '../../src/replication/replicator.ts';
import { ClickHouseSink } from '../../src/replication/sink/clickhouse/clickhouse-sink.ts';
import type { ChangeReceiver, ChangeSource } from '../../src/replication/source/change-source.ts';
import { KEEP_COPIES, startClickHouse, type TestClickHouse } from '../support/clickhouse.ts';
import { lookupOf } from './support/test-attributes.ts';

let engine: TestClickHouse;
let database: ClickHouseDatabase;
beforeAll(async () => {
  engine = await startClickHouse();
  database = await engine.connect(4);
});
afterAll(() => engine?.stop());

const SHARDS = ['s0', 's1', 's2'];

/** Follows whatever position the sink has, and delivers what the test lets it. */
class DrivenSource {
  receiver: ChangeReceiver | null = null;
  /** What it was to begin from, each time. */
  readonly begun: (SinkPosition | null)[] = [];
  acknowledged = 0n;

  readonly source = {
    next: async (position: SinkPosition | null) => {
      this.begun.push(position);
      return position === null ? { kind: 'standby', holder: 'nobody' } : { kind: 'stream', from: position };
    },
    stream: async (
      _from: SinkPosition,
      receiver: ChangeReceiver,
      { signal, onStart }: { signal: AbortSignal; onStart: () => void },
    ) => {
      onStart();
      this.receiver = receiver;
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      this.receiver = null;
    },
  } as unknown as ChangeSource;

  heartbeat(lsn: bigint): void {
    void this.receiver?.receive({ kind: 'heartbeat', at: Number(lsn) });
    const acknowledge = () => {
      this.acknowledged = lsn;
    };
    void this.receiver?.receive({ kind: 'commit', lsn, acknowledge });
  }
}

it('writes the watermarks of its shards together, and lets each lose its own', async () => {
  const written: string[][] = [];
  const noting: ClickHouseDatabase = {
    query: (...given) => database.query(...given),
    insert: (...given) => database.insert(...given),
    insertLines: (...given) => database.insertLines(...given),
    catchUp: (...given) => database.catchUp(...given),
    close: () => database.close(),
    serverChanges: 0,
    command: (text: string, parameters?: ClickHouseParameters) => {
      if (text.includes('INSERT INTO replication_watermark') && parameters !== undefined && 'shards' in parameters)
        written.push([...(parameters.shards as string[])].sort());
      return database.command(text, parameters);
    },
  };
  const sources = SHARDS.map(() => new DrivenSource());
  const sinks = SHARDS.map(
    (shard) => new ClickHouseSink({ clickhouse: noting, shard, attributes: lookupOf([]), ...KEEP_COPIES }),
  );
  const copies: bigint[] = [];
  for (const sink of sinks) {
    const copyId = await sink.beginCopy({ endsEarlier: true });
    await sink.advance(0n, { copyId, lsn: 10n, heartbeatAt: 1 }, 0);
    copies.push(copyId);
  }
  const replicator = new Replicator({
    shards: SHARDS.map((shard, n) => {
      const [{ source }, sink] = [sources[n] as DrivenSource, sinks[n] as ClickHouseSink];
      return { shard, source, sink, upkeep: [] };
    }),
    limits: { rows: 1_000, flushMs: 50 },
    ...{ resnapshot: false, grace: new ShutdownGrace(1_000) },
    ...{ metrics: new Metrics(), logger: createLogger('silent') },
  });
  await replicator.start();
  try {
    await vi.waitUntil(() => sources.every(({ receiver }) => receiver !== null));
    written.length = 0;
    for (const source of sources) source.heartbeat(20n);
    await vi.waitUntil(() => sources.every(({ acknowledged }) => acknowledged === 20n));
    expect(written).toEqual([SHARDS]);

    // By hand, the one in the middle loses its copy.
    await database.command(
      'ALTER TABLE replication_watermark DELETE WHERE copy_id = {copyId:UInt64} SETTINGS mutations_sync = 1',
      {
        copyId: copies[1],
      },
    );
    written.length = 0;
    for (const source of sources) source.heartbeat(30n);
    await vi.waitUntil(() => sources[0]?.acknowledged === 30n && sources[2]?.acknowledged === 30n);
    expect(written).toEqual([SHARDS]);
    await vi.waitUntil(() => sources[1]?.begun.at(-1) === null);
    expect(sources[1]?.acknowledged).toBe(20n);
    expect(await Promise.all(sinks.map((sink) => sink.position()))).toEqual([
      { copyId: copies[0], lsn: 30n, heartbeatAt: 30 },
      null,
      { copyId: copies[2], lsn: 30n, heartbeatAt: 30 },
    ]);
  } finally {
    await replicator.stop();
  }
});
