import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClickHouseDatabase, ClickHouseSession } from '../../../src/connections/clickhouse/clickhouse-database.ts';
import { ClickHouseEntityReader } from '../../../src/datasources/clickhouse/clickhouse-entity-reader.ts';
import { entitiesById } from '../../../src/datasources/questions/entities-by-id.ts';
import type { EntityRecord } from '../../../src/domain/entity.ts';
import type { Measured } from '../../../src/freshness/freshness.ts';
import { changeVersion } from '../../../src/replication/change.ts';
import { PositionLostError } from '../../../src/replication/sink/change-sink.ts';
import { ClickHouseSink } from '../../../src/replication/sink/clickhouse/clickhouse-sink.ts';
import { lookupOf } from '../../replication/support/test-attributes.ts';
import { KEEP_COPIES, startClickHouse, type TestClickHouse } from '../../support/clickhouse.ts';
import { entityTuple } from '../support/entity-tuple.ts';

const TABLES = ['entity', 'entity_attribute'] as const;
const LOSSES = TABLES.flatMap((table) => [
  { name: `TRUNCATE of ${table}`, statement: () => `TRUNCATE TABLE ${table}` },
  {
    name: `DROP PARTITION of ${table}`,
    statement: (copyId: bigint) => `ALTER TABLE ${table} DROP PARTITION ('s0', ${copyId}, 0)`,
  },
  {
    name: `ALTER TABLE ${table} DELETE of everything`,
    statement: () => `ALTER TABLE ${table} DELETE WHERE true SETTINGS mutations_sync = 2`,
  },
]);

describe('a copy in ClickHouse whose rows are removed by hand', () => {
  let engine: TestClickHouse;
  let clickhouse: ClickHouseDatabase;
  let sink: ClickHouseSink;
  beforeAll(async () => {
    engine = await startClickHouse();
    clickhouse = await engine.connect();
    sink = new ClickHouseSink({ clickhouse, shard: 's0', attributes: lookupOf([]), ...KEEP_COPIES });
  });
  afterAll(() => engine?.stop());

  const at = (copyId: bigint, lsn: bigint) => ({ copyId, lsn, heartbeatAt: Number(lsn) });

  async function write(copyId: bigint, id: string): Promise<void> {
    const batch = sink.batch(copyId, 'copy');
    const change = { kind: 'upsert', lsn: 40n, version: changeVersion(40n, 0), previous: null } as const;
    batch.add({ ...change, row: entityTuple(id) });
    await batch.write();
  }

  async function copied(): Promise<bigint> {
    const copyId = await sink.beginCopy({ endsEarlier: true });
    await write(copyId, '1');
    await sink.advance(0n, at(copyId, 100n), 0);
    return copyId;
  }

  /** @param before called before the statement with that index. */
  function read(before: (statement: number) => Promise<void> = async () => {}) {
    let statement = 0;
    const session: ClickHouseSession = {
      query: async (text, parameters, signal) => {
        await before(statement++);
        return clickhouse.query(text, parameters, signal);
      },
      serverChanges: 0,
      catchUp: (tables, signal) => clickhouse.catchUp(tables, signal),
    };
    const question = entitiesById({ tenantId: 1, shard: 's0', ids: ['1', '2'] });
    return new ClickHouseEntityReader(session, ['s0']).ask(question, new AbortController().signal);
  }
  const answer = ({ data, watermarks }: Measured<readonly EntityRecord[]>) => ({
    ids: data.map(({ id }) => id).sort(),
    heartbeatAt: watermarks.get('s0')?.heartbeatAt,
  });
  const UNKNOWN = expect.objectContaining({ heartbeatAt: null });

  it('claims what it has until then, merged or not', async () => {
    const copyId = await copied();
    await write(copyId, '2');
    await sink.advance(100n, at(copyId, 110n), 0);
    expect(answer(await read())).toEqual({ ids: ['1', '2'], heartbeatAt: 110 });
    for (const table of TABLES) await clickhouse.command(`OPTIMIZE TABLE ${table} FINAL`);
    expect(answer(await read())).toEqual({ ids: ['1', '2'], heartbeatAt: 110 });
    expect(await sink.position()).toEqual(at(copyId, 110n));
  });

  it.each(LOSSES)('is not continued after $name between a batch and its position', async ({ statement }) => {
    const copyId = await copied();
    await write(copyId, '2');
    await clickhouse.command(statement(copyId));
    const refused = sink.advance(100n, at(copyId, 110n), 0);
    await expect(refused).rejects.toThrow(PositionLostError);
    await expect(refused).rejects.toThrow('ClickHouse has lost rows of shard s0; the shard is copied again.');
    expect(answer(await read())).toEqual(UNKNOWN);
    expect(await sink.position()).toBeNull();
  });

  it.each(LOSSES)('claims nothing after $name, whatever is written to it later', async ({ statement }) => {
    const copyId = await copied();
    expect(answer(await read())).toEqual({ ids: ['1'], heartbeatAt: 100 });
    await clickhouse.command(statement(copyId));
    expect(answer(await read())).toEqual(UNKNOWN);
    await write(copyId, '2');
    await expect(sink.advance(100n, at(copyId, 110n), 0)).rejects.toThrow(PositionLostError);
    expect(answer(await read())).toEqual(UNKNOWN);
    expect(await sink.position()).toBeNull();
  });

  it.each([1, 2])('claims nothing if it is truncated before statement %i of a read', async (truncated) => {
    for (const { statement: loss } of LOSSES) {
      const copyId = await copied();
      const found = await read(async (statement) => {
        if (statement === truncated) await clickhouse.command(loss(copyId));
      });
      expect(answer(found)).toEqual(UNKNOWN);
    }
  });

  it('is not completed if it lost rows while it was built', async () => {
    for (const { statement } of LOSSES) {
      const copyId = await sink.beginCopy({ endsEarlier: true });
      await write(copyId, '1');
      await clickhouse.command(statement(copyId));
      await write(copyId, '2');
      await expect(sink.advance(0n, at(copyId, 100n), 0)).rejects.toThrow(PositionLostError);
      expect(answer(await read())).toEqual(UNKNOWN);
      expect(await sink.position()).toBeNull();
    }
  });

  it('is replaced by one that claims what it has', async () => {
    const copyId = await copied();
    await clickhouse.command('TRUNCATE TABLE entity');
    const next = await copied();
    expect(next).toBeGreaterThan(copyId);
    expect(answer(await read())).toEqual({ ids: ['1'], heartbeatAt: 100 });
  });
});
