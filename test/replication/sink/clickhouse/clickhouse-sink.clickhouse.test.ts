import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ClickHouseDatabase } from '../../../../src/connections/clickhouse/clickhouse-database.ts';
import { PositionLostError } from '../../../../src/replication/sink/change-sink.ts';
import { ClickHouseSink } from '../../../../src/replication/sink/clickhouse/clickhouse-sink.ts';
import { KEEP_COPIES, startClickHouse, type TestClickHouse } from '../../../support/clickhouse.ts';
import { lookupOf } from '../../support/test-attributes.ts';

describe('the copies of a shard in ClickHouse', () => {
  let engine: TestClickHouse;
  let clickhouse: ClickHouseDatabase;
  beforeAll(async () => {
    engine = await startClickHouse();
    clickhouse = await engine.connect(2);
  });
  beforeEach(() => clickhouse.command('TRUNCATE TABLE replication_watermark'));
  afterAll(() => engine?.stop());

  const sinkOf = (shard: string) => new ClickHouseSink({ clickhouse, shard, attributes: lookupOf([]), ...KEEP_COPIES });
  const at = (copyId: bigint, lsn: bigint) => ({ copyId, lsn, heartbeatAt: Number(lsn) });

  it('have different ids, also of shards that begin to be copied at the same time', async () => {
    const sinks = ['s0', 's1', 's2', 's3'].map(sinkOf);
    const ids: bigint[] = [];
    for (let round = 0; round < 5; round++) {
      ids.push(...(await Promise.all(sinks.map((sink) => sink.beginCopy({ endsEarlier: true })))));
    }
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('follow each other without an end if the next one is built beside, and end the one before otherwise', async () => {
    const sink = sinkOf('s0');
    const first = await sink.beginCopy({ endsEarlier: true });
    await sink.advance(0n, at(first, 100n), 0);
    await sink.beginCopy({ endsEarlier: false });
    await sink.advance(100n, at(first, 110n), 0);
    expect(await sink.position()).toEqual(at(first, 110n));
    await sink.beginCopy({ endsEarlier: true });
    await expect(sink.advance(110n, at(first, 120n), 0)).rejects.toThrow(PositionLostError);
    expect(await sink.position()).toBeNull();
  });

  it('are replaced by one that was built beside only if that has everything', async () => {
    const sink = sinkOf('s0');
    const first = await sink.beginCopy({ endsEarlier: true });
    await sink.advance(0n, at(first, 100n), 0);
    const beside = await sink.beginCopy({ endsEarlier: false });
    // Another process has taken over the stream meanwhile.
    await sink.advance(100n, at(first, 130n), 0);
    await expect(sink.advance(0n, at(beside, 120n), 0)).rejects.toThrow(
      'The copy of shard s0 that is read has got further than 120; the new one does not take over.',
    );
    expect(await sink.position()).toEqual(at(first, 130n));
    await sink.advance(0n, at(beside, 130n), 0);
    expect(await sink.position()).toEqual(at(beside, 130n));
    await expect(sink.advance(130n, at(first, 140n), 0)).rejects.toThrow(PositionLostError);
  });

  it('go if they are given up, but not once they are read', async () => {
    const sink = sinkOf('s0');
    const first = await sink.beginCopy({ endsEarlier: true });
    await sink.advance(0n, at(first, 100n), 0);
    const beside = await sink.beginCopy({ endsEarlier: false });
    await sink.abandonCopy(beside);
    await expect(sink.advance(0n, at(beside, 120n), 0)).rejects.toThrow(PositionLostError);
    const next = await sink.beginCopy({ endsEarlier: false });
    await sink.advance(0n, at(next, 120n), 0);
    await sink.abandonCopy(next);
    expect(await sink.position()).toEqual(at(next, 120n));
  });
});
