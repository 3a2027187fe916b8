import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClickHouseDatabase } from '../../../src/connections/clickhouse/clickhouse-database.ts';
import { ClickHouseEntityReader } from '../../../src/datasources/clickhouse/clickhouse-entity-reader.ts';
import { entitiesById } from '../../../src/datasources/questions/entities-by-id.ts';
import type { EntityRecord } from '../../../src/domain/entity.ts';
import type { Measured } from '../../../src/freshness/freshness.ts';
import type { EntityTuple } from '../../../src/replication/change.ts';
import { PositionLostError } from '../../../src/replication/sink/change-sink.ts';
import { ClickHouseSink } from '../../../src/replication/sink/clickhouse/clickhouse-sink.ts';
import { startClickHouse, type TestClickHouse } from '../../support/clickhouse.ts';

const IDS = ['1', '2', '3'];
const OTHER = '101';
/** By heartbeat, in milliseconds: what was acknowledged before it. */
const ACKNOWLEDGED = new Map([
  [10, ['1', '2']],
  [20, IDS],
  [25, IDS],
  [30, IDS],
]);

/** The answers of ClickHouse at one moment, by statement. */
type Moment = ReadonlyMap<string, object[]>;

describe('a read while its shard is copied, copied again after an interruption, streamed, and copied anew', () => {
  let engine: TestClickHouse;
  let clickhouse: ClickHouseDatabase;
  const moments: Moment[] = [];

  beforeAll(async () => {
    engine = await startClickHouse();
    clickhouse = await engine.connect();
    const other = sinkOf(clickhouse, 's1');
    const copyId = await other.beginCopy();
    await write(other, OTHER);
    await other.advance(0n, { copyId, lsn: 7n, heartbeatAt: 7 }, 0);
    await remember();
    await replicate(sinkOf(afterEachWrite(clickhouse, remember), 's0'));
  });
  afterAll(() => engine?.stop());

  async function replicate(sink: ClickHouseSink): Promise<void> {
    await sink.beginCopy();
    await write(sink, '1');
    const second = await sink.beginCopy();
    await write(sink, '1');
    await write(sink, '2');
    await sink.advance(0n, { copyId: second, lsn: 100n, heartbeatAt: 10 }, 0);
    await write(sink, '3');
    await sink.advance(100n, { copyId: second, lsn: 110n, heartbeatAt: 20 }, 0);
    const third = await sink.beginCopy();
    await write(sink, '1');
    // The last writes of the process that streamed before.
    const late = sink.advance(110n, { copyId: second, lsn: 120n, heartbeatAt: 25 }, 0);
    await expect(late).rejects.toThrow(PositionLostError);
    await write(sink, '2', '3');
    // From a restored primary, whose positions begin lower.
    await sink.advance(0n, { copyId: third, lsn: 50n, heartbeatAt: 30 }, 0);
  }

  async function remember(): Promise<void> {
    const moment = new Map<string, object[]>();
    const recording: ClickHouseDatabase = {
      ...unused,
      query: async <Row extends object>(text: string, parameters = {}) => {
        const answer = await clickhouse.query<Row>(text, parameters);
        moment.set(text, answer);
        return answer;
      },
    };
    await read(recording);
    moments.push(moment);
  }

  /** A read whose first and second statement, and both of those after the data, run at these moments. */
  function readAt(...at: readonly number[]): Promise<Measured<readonly EntityRecord[]>> {
    let statement = 0;
    return read({
      ...unused,
      query: async <Row extends object>(text: string) =>
        moments[at[Math.min(statement++, 2)] ?? -1]?.get(text) as Row[],
    });
  }

  it('never claims what it lacks, whenever each of its statements comes', async () => {
    const last = moments.length - 1;
    for (let first = 0; first <= last; first++) {
      for (let second = first; second <= last; second++) {
        for (let third = second; third <= last; third++) {
          const { data, watermarks } = await readAt(first, second, third);
          const heartbeatAt = watermarks.get('s0')?.heartbeatAt ?? null;
          const ids = data.map(({ id }) => id);
          const claimed = heartbeatAt === null ? [] : ACKNOWLEDGED.get(heartbeatAt);
          expect(ids, `statements at ${first}, ${second} and ${third} of ${last}`).toEqual(
            expect.arrayContaining([OTHER, ...(claimed ?? ['a heartbeat of its own'])]),
          );
          expect(watermarks.get('s1')).toEqual({ heartbeatAt: 7, lsn: 7n });
        }
      }
    }
  });

  it('knows what it has between the copies, and after the last although its positions are lower', async () => {
    const known = await Promise.all(moments.map(async (_, at) => (await readAt(at, at, at)).watermarks.get('s0')));
    const heartbeats = known.map((watermark) => watermark?.heartbeatAt ?? null);
    expect(heartbeats.filter((at, index) => at !== heartbeats[index - 1])).toEqual([null, 10, 20, null, 30]);
    expect(known.at(-1)).toEqual({ heartbeatAt: 30, lsn: 50n });
  });
});

const unused: ClickHouseDatabase = {
  query: () => Promise.reject(new Error('unused')),
  insert: () => Promise.reject(new Error('unused')),
  insertLines: () => Promise.reject(new Error('unused')),
  command: () => Promise.reject(new Error('unused')),
  close: () => Promise.reject(new Error('unused')),
};

function read(database: ClickHouseDatabase): Promise<Measured<readonly EntityRecord[]>> {
  const question = entitiesById({ tenantId: 1, shard: 's0', ids: [...IDS, OTHER] });
  return new ClickHouseEntityReader(database, ['s0', 's1']).ask(question, new AbortController().signal);
}

/** ClickHouse with a hook after each statement that changes it. */
function afterEachWrite(database: ClickHouseDatabase, then: () => Promise<void>): ClickHouseDatabase {
  return {
    query: (text, parameters) => database.query(text, parameters),
    insert: (table, values) => database.insert(table, values).then(then),
    insertLines: (table, columns, chunks) => database.insertLines(table, columns, chunks).then(then),
    command: (text, parameters) => database.command(text, parameters).then(then),
    close: () => database.close(),
  };
}

function sinkOf(database: ClickHouseDatabase, shard: string): ClickHouseSink {
  return new ClickHouseSink({
    clickhouse: database,
    shard,
    attributes: { byId: () => undefined, refresh: async () => {} },
  });
}

async function write(sink: ClickHouseSink, ...ids: readonly string[]): Promise<void> {
  const batch = sink.batch();
  for (const id of ids) batch.add({ kind: 'upsert', lsn: 40n, row: entity(id), previous: null });
  await batch.write();
}

function entity(id: string): EntityTuple {
  return {
    ...{ tenant_id: '1', entity_id: id, type: 'thing', version: '1', attributes: '{}', attribute_updated_at: '{}' },
    ...{ created_at: '2024-01-01 00:00:00+00', updated_at: '2024-01-01 00:00:00+00' },
    ...{ text_1: null, text_2: null, text_3: null, text_4: null, boolean_1: null, boolean_2: null },
    ...{ number_1: null, number_2: null, number_3: null, number_4: null, timestamp_1: null, timestamp_2: null },
  };
}
