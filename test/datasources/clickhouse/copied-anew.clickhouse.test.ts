import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {
  ClickHouseDatabase,
  ClickHouseParameters,
} from '../../../src/connections/clickhouse/clickhouse-database.ts';
import { ClickHouseEntityReader } from '../../../src/datasources/clickhouse/clickhouse-entity-reader.ts';
import { entitiesById } from '../../../src/datasources/questions/entities-by-id.ts';
import type { EntityRecord } from '../../../src/domain/entity.ts';
import type { Measured } from '../../../src/freshness/freshness.ts';
import { changeVersion } from '../../../src/replication/change.ts';
import { PositionLostError } from '../../../src/replication/sink/change-sink.ts';
import { ClickHouseSink } from '../../../src/replication/sink/clickhouse/clickhouse-sink.ts';
import { startClickHouse, type TestClickHouse } from '../../support/clickhouse.ts';
import { entityTuple } from '../support/entity-tuple.ts';

const IDS = ['1', '2', '3'];
const OTHER = '101';
/** Was deleted between the second copy and the third. */
const DELETED = '4';
/** By heartbeat, in milliseconds: what was acknowledged before it. */
const ACKNOWLEDGED = new Map([
  [10, ['1', '2']],
  [20, [...IDS, DELETED]],
  [30, IDS],
]);
const RETENTION_MS = 1_000;

/** The answers of ClickHouse at one moment, by statement and parameters. */
type Moment = Map<string, object[]>;
const key = (text: string, parameters: ClickHouseParameters = {}) =>
  `${text} ${JSON.stringify(parameters, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value))}`;

describe('a read while its shard is copied, copied again after an interruption, streamed, and copied anew', () => {
  let engine: TestClickHouse;
  let clickhouse: ClickHouseDatabase;
  let now = 0;
  const moments: Moment[] = [];
  /** The moment before the third copy is complete, and those before and after the others are removed. */
  let completed = 0;
  let unremoved = 0;

  beforeAll(async () => {
    engine = await startClickHouse();
    clickhouse = await engine.connect();
    const other = sinkOf(clickhouse, 's1');
    const copyId = await other.beginCopy({ endsEarlier: true });
    await write(other, copyId, OTHER);
    await other.advance(0n, { copyId, lsn: 7n, heartbeatAt: 7 }, 0);
    await remember();
    await replicate(sinkOf(afterEachWrite(clickhouse, remember), 's0'));
  });
  afterAll(() => engine?.stop());

  async function replicate(sink: ClickHouseSink): Promise<void> {
    const first = await sink.beginCopy({ endsEarlier: true });
    await write(sink, first, '1');
    const second = await sink.beginCopy({ endsEarlier: true });
    await write(sink, second, '1');
    await write(sink, second, '2');
    await sink.advance(0n, { copyId: second, lsn: 100n, heartbeatAt: 10 }, 0);
    await write(sink, second, '3', DELETED);
    await sink.advance(100n, { copyId: second, lsn: 110n, heartbeatAt: 20 }, 0);
    const third = await sink.beginCopy({ endsEarlier: true });
    await write(sink, third, '1');
    // The last writes of the process that streamed before, beyond every position.
    const late = () => {
      const batch = sink.batch(second, 'copy');
      batch.add({
        kind: 'upsert',
        lsn: 1_000n,
        version: changeVersion(1_000n, 0),
        row: entityTuple(DELETED),
        previous: null,
      });
      return batch.write();
    };
    await late();
    await expect(sink.advance(110n, { copyId: second, lsn: 120n, heartbeatAt: 25 }, 0)).rejects.toThrow(
      PositionLostError,
    );
    await write(sink, third, '2', '3');
    // Before the position, it is recorded from where on the history is complete.
    completed = moments.length + 1;
    // From a restored primary, whose positions begin lower.
    await sink.advance(0n, { copyId: third, lsn: 50n, heartbeatAt: 30 }, 0);
    await late();
    await expect(sink.advance(110n, { copyId: second, lsn: 130n, heartbeatAt: 26 }, 0)).rejects.toThrow(
      PositionLostError,
    );
    await sink.removeUnused();
    now += RETENTION_MS;
    unremoved = moments.length - 1;
    await sink.removeUnused();
    await expect(sink.advance(110n, { copyId: second, lsn: 140n, heartbeatAt: 27 }, 0)).rejects.toThrow(
      PositionLostError,
    );
  }

  /** Every answer that a read can get now, whichever earlier moment its first statement came at. */
  async function remember(): Promise<void> {
    const moment: Moment = new Map();
    const ask = async <Row extends object>(text: string, parameters: ClickHouseParameters = {}): Promise<Row[]> => {
      const answer = moment.get(key(text, parameters)) ?? (await clickhouse.query<Row>(text, parameters));
      moment.set(key(text, parameters), answer);
      return answer as Row[];
    };
    moments.push(moment);
    await read({ ...unused, query: ask });
    for (const earlier of moments) {
      let isFirst = true;
      await read({
        ...unused,
        query: async <Row extends object>(text: string, parameters?: ClickHouseParameters) => {
          if (!isFirst) return ask<Row>(text, parameters);
          isFirst = false;
          return earlier.get(key(text, parameters)) as Row[];
        },
      });
    }
  }

  /** A read whose first and second statement, and both of those after the data, run at these moments. */
  function readAt(...at: readonly number[]): Promise<Measured<readonly EntityRecord[]>> {
    let statement = 0;
    return read({
      ...unused,
      query: async <Row extends object>(text: string, parameters?: ClickHouseParameters) =>
        moments[at[Math.min(statement++, 2)] ?? -1]?.get(key(text, parameters)) as Row[],
    });
  }

  /** A read that begins with the watermarks that another one has ended with at the first moment. */
  async function readOn(first: number, second: number, third: number): Promise<Measured<readonly EntityRecord[]>> {
    const at = [first, first, first, second, third];
    let statement = 0;
    const reader = new ClickHouseEntityReader(
      {
        ...unused,
        query: async <Row extends object>(text: string, parameters?: ClickHouseParameters) =>
          moments[at[statement++] ?? -1]?.get(key(text, parameters)) as Row[],
      },
      ['s0', 's1'],
    );
    await reader.ask(QUESTION, new AbortController().signal);
    const answer = await reader.ask(QUESTION, new AbortController().signal, Number.POSITIVE_INFINITY);
    expect(statement).toBe(5);
    return answer;
  }
  const heartbeatAt = ({ watermarks }: Measured<unknown>) => watermarks.get('s0')?.heartbeatAt ?? null;
  const ids = ({ data }: Measured<readonly EntityRecord[]>) => data.map(({ id }) => id).sort();

  it('never claims what it lacks, whenever each of its statements comes', async () => {
    const last = moments.length - 1;
    for (let first = 0; first <= last; first++) {
      const isKnown = heartbeatAt(await readAt(first, first, first)) !== null;
      for (let second = first; second <= last; second++) {
        for (let third = second; third <= last; third++) {
          const answer = await readAt(first, second, third);
          const heartbeat = heartbeatAt(answer);
          const claimed = heartbeat === null ? [] : ACKNOWLEDGED.get(heartbeat);
          expect(ids(answer), `statements at ${first}, ${second} and ${third} of ${last}`).toEqual(
            expect.arrayContaining([OTHER, ...(claimed ?? ['a heartbeat of its own'])]),
          );
          expect(answer.watermarks.get('s1')).toEqual({ heartbeatAt: 7, lsn: 7n });
          if (isKnown) expect(await readOn(first, second, third)).toEqual(answer);
        }
      }
    }
  });

  it('answers from the copy before until the next one is complete, and knows what it has all the time', async () => {
    const now = await Promise.all(moments.map((_, at) => readAt(at, at, at)));
    const heartbeats = now.map(heartbeatAt);
    expect(heartbeats.filter((at, index) => at !== heartbeats[index - 1])).toEqual([null, 10, 20, 30]);
    expect(now.at(-1)?.watermarks.get('s0')).toEqual({ heartbeatAt: 30, lsn: 50n });
  });

  it('never shows what an earlier replicator still writes, however late', async () => {
    for (let at = completed; at < moments.length; at++) {
      expect(ids(await readAt(at, at, at)), `at ${at} of ${moments.length}`).toEqual(['1', OTHER, '2', '3']);
    }
  });

  it('keeps its watermark when a new copy becomes complete meanwhile, until the one that it reads is removed', async () => {
    const across = await readAt(completed - 1, completed, completed);
    expect([heartbeatAt(across), ids(across)]).toEqual([20, ['1', OTHER, '2', '3', DELETED]]);
    expect(heartbeatAt(await readAt(completed - 1, completed, unremoved))).toBe(20);
    expect(heartbeatAt(await readAt(completed - 1, completed, unremoved + 1))).toBeNull();
    const [rows] = await clickhouse.query("SELECT count() AS rows FROM entity WHERE shard = 's0' AND entity_id = 4");
    expect(rows).toEqual({ rows: '0' });
  });

  function sinkOf(database: ClickHouseDatabase, shard: string): ClickHouseSink {
    return new ClickHouseSink({
      ...{
        clickhouse: database,
        shard,
        attributes: { byId: () => undefined, refresh: async () => {}, atLeast: async () => {}, moving: () => [] },
      },
      ...{ retentionMs: RETENTION_MS, clock: { now: () => now } },
    });
  }
});

const unused: ClickHouseDatabase = {
  query: () => Promise.reject(new Error('unused')),
  insert: () => Promise.reject(new Error('unused')),
  insertLines: () => Promise.reject(new Error('unused')),
  command: () => Promise.reject(new Error('unused')),
  serverChanges: 0,
  catchUp: () => Promise.resolve(),
  close: () => Promise.reject(new Error('unused')),
};

const QUESTION = entitiesById({ tenantId: 1, shard: 's0', ids: [...IDS, OTHER, DELETED] });

function read(database: ClickHouseDatabase): Promise<Measured<readonly EntityRecord[]>> {
  return new ClickHouseEntityReader(database, ['s0', 's1']).ask(QUESTION, new AbortController().signal);
}

/** ClickHouse with a hook after each statement that changes it. */
function afterEachWrite(database: ClickHouseDatabase, then: () => Promise<void>): ClickHouseDatabase {
  return {
    query: (text, parameters) => database.query(text, parameters),
    insert: (table, values) => database.insert(table, values).then(then),
    insertLines: (table, columns, chunks) => database.insertLines(table, columns, chunks).then(then),
    command: (text, parameters) => database.command(text, parameters).then(then),
    serverChanges: 0,
    catchUp: (tables, given) => database.catchUp(tables, given),
    close: () => database.close(),
  };
}

async function write(sink: ClickHouseSink, copyId: bigint, ...ids: readonly string[]): Promise<void> {
  const batch = sink.batch(copyId, 'copy');
  for (const id of ids) {
    batch.add({ kind: 'upsert', lsn: 40n, version: changeVersion(40n, 0), row: entityTuple(id), previous: null });
  }
  await batch.write();
}
