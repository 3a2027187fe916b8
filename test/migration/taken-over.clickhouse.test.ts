import { rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openChdb } from '../../src/connections/clickhouse/chdb-pool.ts';
import type { ClickHouseDatabase } from '../../src/connections/clickhouse/clickhouse-database.ts';
import { ClickHouseEntityReader } from '../../src/datasources/clickhouse/clickhouse-entity-reader.ts';
import { count } from '../../src/datasources/questions/count.ts';
import { clickhouseSource } from '../../src/datasources/routing/replicated-source.ts';
import { MATCH_ALL } from '../../src/domain/filter/filter.ts';
import { outcomeOf } from '../../src/domain/source-error.ts';
import { migrateClickHouse } from '../../src/migration/migrate-clickhouse.ts';
import { ClickHouseOwnership, OwnedClickHouse } from '../../src/migration/owned-clickhouse.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { changeVersion, type EntityTuple } from '../../src/replication/change.ts';
import { ClickHouseSink } from '../../src/replication/sink/clickhouse/clickhouse-sink.ts';
import { announceCopy } from '../../src/watermarks/clickhouse-watermarks.ts';
import { lookupOf } from '../replication/support/test-attributes.ts';
import { KEEP_COPIES, TEST_CLUSTER } from '../support/clickhouse.ts';
import { temporaryDirectory } from '../support/run-directory.ts';

const OTHER = '3f2504e0-4f89-41d3-9a0c-0305e82c3302';
const FOREIGN = 'ClickHouse holds the data of another installation; set ATLAS_CLICKHOUSE_URL to another database.';
const unlocked = <T>(work: () => Promise<T>) => work();
const { signal } = new AbortController();
const question = count({ tenantId: 1, type: null, filter: MATCH_ALL });

/** What a process of ours and one of the other installation do, over healthy connections that no error has interrupted. */
describe('a database that another installation has taken while ours uses it', () => {
  let path: string;
  let clickhouse: ClickHouseDatabase;
  let ours: ClickHouseDatabase;
  let theirs: ClickHouseDatabase;
  let sink: ClickHouseSink;
  let copyId: bigint;

  beforeEach(async () => {
    path = temporaryDirectory('taken-over');
    clickhouse = await openChdb(path, { timeoutMs: 10_000, memoryBytes: 500_000_000, connections: 1 });
    await migrateClickHouse(clickhouse, TEST_CLUSTER, unlocked);
    ours = ownedBy(TEST_CLUSTER);
    theirs = ownedBy(OTHER);
    sink = sinkOn(ours);
    copyId = await filled(sink, 1);
  });
  afterEach(async () => {
    await clickhouse?.close();
    rmSync(path, { recursive: true, force: true });
  });

  const ownedBy = (clusterId: string) =>
    new OwnedClickHouse(clickhouse, new ClickHouseOwnership(clusterId, createLogger('silent')));
  const sinkOn = (database: ClickHouseDatabase) =>
    new ClickHouseSink({ clickhouse: database, shard: 's0', attributes: lookupOf([]), ...KEEP_COPIES });

  /** A complete copy of shard s0 with so many entities. */
  async function filled(into: ClickHouseSink, entities: number): Promise<bigint> {
    const id = await into.beginCopy({ endsEarlier: true });
    const batch = into.batch(id, 'copy');
    for (let entity = 1; entity <= entities; entity++) {
      const row: EntityTuple = {
        ...{ tenant_id: '1', entity_id: String(entity), type: 'user', version: '1', attributes: '{}' },
        ...{ created_at: '2026-01-01 00:00:00+00', updated_at: '2026-01-01 00:00:00+00', attribute_updated_at: '{}' },
        ...{ text_1: null, text_2: null, text_3: null, text_4: null, boolean_1: null, boolean_2: null },
        ...{ number_1: null, number_2: null, number_3: null, number_4: null, timestamp_1: null, timestamp_2: null },
      };
      batch.add({ kind: 'upsert', lsn: 5n, version: changeVersion(5n, 0), row, previous: null });
    }
    await batch.write();
    await into.advance(0n, { copyId: id, lsn: 10n, heartbeatAt: 10 }, 0);
    return id;
  }

  async function empty(): Promise<void> {
    const tables = await clickhouse.query<{ name: string }>(
      'SELECT name FROM system.tables WHERE database = currentDatabase()',
    );
    for (const { name } of tables) await clickhouse.command(`DROP TABLE ${name}`);
  }

  /** Ids of copies are taken from the clock, so those of the two installations differ. */
  async function takeOver(): Promise<void> {
    await empty();
    await migrateClickHouse(clickhouse, OTHER, unlocked);
    await filled(sinkOn(theirs), 3);
  }

  const rows = async () => ({
    watermarks: await clickhouse.query('SELECT * FROM replication_watermark ORDER BY copy_id, lsn'),
    entities: await clickhouse.query('SELECT entity_id, copy_id FROM entity ORDER BY ALL'),
  });

  async function expectForeign(work: () => Promise<unknown>): Promise<void> {
    const error = await work().then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(outcomeOf(error)).toBe('down');
    expect(error).toMatchObject({ code: 'ANALYTICS_UNAVAILABLE', message: FOREIGN });
  }

  it('gives ours no answer, and no position for a token, though its shards have the same names', async () => {
    const reader = new ClickHouseEntityReader(ours, ['s0']);
    expect(await reader.ask(question, signal)).toMatchObject({ data: 1n });
    const another = clickhouseSource(ownedBy(TEST_CLUSTER), reader);
    expect(await another.positions(['s0'])).toEqual(new Map([['s0', 10n]]));
    await takeOver();
    await expectForeign(() => reader.ask(question, signal));
    await expectForeign(() => another.positions(['s0']));
    expect(await new ClickHouseEntityReader(theirs, ['s0']).ask(question, signal)).toMatchObject({ data: 3n });
  });

  it.each<[string, (reading: ClickHouseDatabase) => ClickHouseDatabase]>([
    ['before the data is read', (database) => interrupted(database, 1)],
    ['after the data was read', (database) => interrupted(database, 2)],
  ])('gives ours no answer if it is taken %s', async (_, interrupting) => {
    const reader = new ClickHouseEntityReader(interrupting(ours), ['s0']);
    await expectForeign(() => reader.ask(question, signal));
  });

  /** It is taken after so many queries. */
  function interrupted(database: ClickHouseDatabase, queries: number): ClickHouseDatabase {
    let asked = 0;
    return {
      query: async (text, parameters, ended) => {
        if (asked++ === queries) await takeOver();
        return database.query(text, parameters, ended);
      },
      insert: (table, inserted) => database.insert(table, inserted),
      insertLines: (...lines) => database.insertLines(...lines),
      command: (text, parameters) => database.command(text, parameters),
      serverChanges: 0,
      catchUp: async () => {},
      close: async () => {},
    };
  }

  it.each<[string, () => Promise<unknown>]>([
    ['moves no position of ours', () => sink.advance(10n, { copyId, lsn: 20n, heartbeatAt: 20 }, 0)],
    ['begins no copy of ours', () => sink.beginCopy({ endsEarlier: true })],
    ['counts as none of ours to begin with', () => sink.position()],
    ['keeps all its copies', () => sink.removeUnused()],
    ['keeps them when ours is given up', () => sink.abandonCopy(copyId)],
  ])('%s, and stays as it is', async (_, work) => {
    await takeOver();
    const before = await rows();
    await expectForeign(work);
    expect(await rows()).toEqual(before);
  });

  it('takes nothing that ours begins after it has looked for the last time', async () => {
    await takeOver();
    const before = await rows();
    await expectForeign(() => announceCopy(ours, 's0', copyId + 1_000n, { endsEarlier: true }));
    expect(await rows()).toEqual(before);
  });

  it('serves ours again once it is ours again', async () => {
    await takeOver();
    const reader = new ClickHouseEntityReader(ours, ['s0']);
    await expectForeign(() => reader.ask(question, signal));
    await empty();
    await migrateClickHouse(clickhouse, TEST_CLUSTER, unlocked);
    await filled(sink, 2);
    expect(await reader.ask(question, signal)).toMatchObject({ data: 2n });
  });
});
