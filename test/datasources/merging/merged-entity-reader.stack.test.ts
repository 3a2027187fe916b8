import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type {
  ClickHouseParameters,
  ClickHouseSession,
} from '../../../src/connections/clickhouse/clickhouse-database.ts';
import type { PostgresPool } from '../../../src/connections/postgres/postgres-pool.ts';
import { UnchangedEntityReader } from '../../../src/datasources/clickhouse/unchanged-entity-reader.ts';
import { MergedEntityReader } from '../../../src/datasources/merging/merged-entity-reader.ts';
import { EntityEraser } from '../../../src/datasources/postgres/erasing/entity-eraser.ts';
import { eraseTenantFromShard } from '../../../src/datasources/postgres/erasing/tenant-eraser.ts';
import { PostgresEntityReader } from '../../../src/datasources/postgres/reading/postgres-entity-reader.ts';
import { PostgresEntityWriter } from '../../../src/datasources/postgres/writing/postgres-entity-writer.ts';
import { upsertStatement } from '../../../src/datasources/postgres/writing/upsert-statement.ts';
import { count } from '../../../src/datasources/questions/count.ts';
import { groupCounts } from '../../../src/datasources/questions/group-counts.ts';
import type { Question } from '../../../src/datasources/questions/question.ts';
import { range } from '../../../src/datasources/questions/range.ts';
import type { AttributeDefinition } from '../../../src/domain/catalog/attribute.ts';
import { MATCH_ALL } from '../../../src/domain/filter/filter.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { ShardMap } from '../../../src/sharding/shard-map.ts';
import { beat } from '../../../src/watermarks/heartbeat.ts';
import { aroundInserts } from '../../replication/support/crashing-database.ts';
import { caughtUp, put, WAIT } from '../../replication/support/replicated-data.ts';
import { type ReplicatedShard, startReplicatedShard } from '../../replication/support/replicated-shard.ts';
import { TEST_ATTRIBUTES } from '../../replication/support/test-attributes.ts';
import { authorOf } from '../../support/author.ts';
import { FIXED_DEFINITIONS } from '../../support/fixed-definitions.ts';
import { primaryPool } from '../../support/postgres-pools.ts';

const { signal } = new AbortController();
const ENTITIES = 200;

function attribute(id: number): AttributeDefinition {
  const found = TEST_ATTRIBUTES.find((definition) => definition.id === id);
  if (found === undefined) throw new Error(`There is no attribute ${id}`);
  return found;
}
/** The first is in a row, the others are in columns. */
const [text, number, hotText] = [attribute(1), attribute(7), attribute(8)];
const all = { tenantId: 1, type: null, filter: MATCH_ALL };
const byText = groupCounts({ ...all, groupBy: [text], first: 1_000, maxGroups: 1_000 });
const byHotText = groupCounts({ ...all, groupBy: [hotText], first: 1_000, maxGroups: 1_000 });
const QUESTIONS = [count(all), byText, byHotText, range({ ...all, attribute: number })] as readonly Question<
  unknown,
  unknown
>[];

describe('an answer merged from ClickHouse and a shard', () => {
  let shard: ReplicatedShard;
  let primary: PostgresPool;
  let replica: PostgresPool;
  let writer: PostgresEntityWriter;
  let shards: ShardMap;

  beforeAll(async () => {
    shard = await startReplicatedShard({}, true);
    const { endpoints } = shard;
    primary = primaryPool(endpoints, { actAs: 'atlas_serve' });
    replica = primaryPool(endpoints, { url: endpoints.replicas[0] ?? '', role: 'replica', actAs: 'atlas_serve' });
    shards = new ShardMap([endpoints], { kind: 'hash' });
    const limits = { maxEntityBytes: 2 ** 20 };
    writer = new PostgresEntityWriter(shards, [primary], systemClock, limits, FIXED_DEFINITIONS);
  });
  beforeEach(async () => {
    await shard.reset();
    await write(
      Array.from({ length: ENTITIES }, (_, index) => index + 1),
      'before',
    );
    await inClickHouse();
  });
  afterAll(async () => {
    await Promise.all([primary?.close(), replica?.close()]);
    await shard?.stop();
  });

  const valuesOf = (id: number, value: string) => [
    { attribute: text, value: `${value} ${id % 7}` },
    { attribute: number, value: id },
    { attribute: hotText, value },
  ];

  async function write(ids: readonly number[], value: string, tenant = 1): Promise<void> {
    const writes = ids.map((id) => ({
      ...{ id: String(id), type: 'thing', set: valuesOf(id, value), remove: [], expectedVersion: null },
    }));
    for (const { status } of (await writer.upsert(authorOf(tenant), writes)).outcome) expect(status).not.toBe('FAILED');
  }

  async function heartbeat(): Promise<number> {
    await beat(primary, 0);
    const [row] = await shard.sql<{ at: string }>(
      'SELECT (extract(epoch FROM heartbeat_at) * 1000000)::bigint::text AS at FROM atlas.shard',
    );
    return Number(row?.at) / 1_000;
  }

  /** Leaves ClickHouse with all that has been committed so far, a heartbeat included. Nothing follows. */
  async function inClickHouse(): Promise<void> {
    const replicator = await shard.replicator();
    await caughtUp(shard);
    const at = await heartbeat();
    await vi.waitFor(async () => expect((await shard.sink.position())?.heartbeatAt).toBe(at), WAIT);
    await replicator.stop();
  }

  function merging(pool = primary, clickhouse: ClickHouseSession = shard.clickhouse, mostChanged = 100) {
    const server = new PostgresEntityReader(pool);
    const unchanged = new UnchangedEntityReader(clickhouse, 's0');
    return new MergedEntityReader({ server, unchanged, leastCost: 0, mostChanged });
  }

  async function answer<Part, Answer>(
    question: Question<Part, Answer>,
    reader: Pick<MergedEntityReader, 'ask'> = merging(),
  ): Promise<{ readonly answer: Answer; readonly isMerged: boolean }> {
    const { data, others } = await reader.ask(question, signal);
    return { answer: question.merge(others === undefined ? [data] : [data, others]), isMerged: others !== undefined };
  }

  async function expectSameAsAlone(pool = primary, isMerged = true): Promise<void> {
    for (const question of QUESTIONS) {
      const alone = await answer(question, new PostgresEntityReader(pool));
      expect(await answer(question, merging(pool)), question.name).toEqual({ answer: alone.answer, isMerged });
    }
  }

  async function replayed(): Promise<void> {
    const [row] = await shard.sql<{ lsn: string }>('SELECT pg_current_wal_insert_lsn()::text AS lsn');
    await vi.waitFor(async () => {
      const statement = { text: 'SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn AS is_there', values: [row?.lsn] };
      expect((await replica.query<{ is_there: boolean }>(statement))[0]?.is_there).toBe(true);
    }, WAIT);
  }

  it('contains whatever was written since: created, changed, deleted, erased, on the primary and a replica', async () => {
    await expectSameAsAlone();
    await write([1, 2, 3, ENTITIES + 1, ENTITIES + 2], 'after');
    await write([2], 'later');
    await writer.delete(authorOf(1), '10', null);
    await writer.delete(authorOf(1), String(ENTITIES + 2), null);
    await new EntityEraser(shards, [primary]).erase(authorOf(1), '20');
    await write([1, 2], 'of another tenant', 2);
    await expectSameAsAlone();
    expect((await answer(count(all))).answer).toBe(BigInt(ENTITIES - 1));
    await replayed();
    await expectSameAsAlone(replica);
    await shard.sql(`SELECT atlas.keep_audit(36500)`);
    await expectSameAsAlone();
  });

  it('contains what a transaction wrote before the heartbeat and committed after it', async () => {
    const { text: sql, values } = upsertStatement(
      authorOf(1),
      [{ id: '5', write: { id: '5', type: 'thing', set: valuesOf(5, 'slow'), remove: [], expectedVersion: null } }],
      2 ** 20,
      FIXED_DEFINITIONS.revision,
    );
    await primary.transaction(async (session) => {
      await session.query({ tenant: 1, text: sql, values });
      await inClickHouse();
      await expectSameAsAlone();
    });
    await expectSameAsAlone();
    expect((await answer(byHotText)).answer.groups.map(({ group }) => group)).toContainEqual(['slow']);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['entities were changed by statements of others', () => put(shard, 1, { '1': 'x', '7': 1, '8': 'x' })],
    ['a partition was changed by statements of others', () => shard.sql('TRUNCATE atlas.entity_p1, atlas.entity_p2')],
    ['the heartbeat is not in the history of the server', () => shard.sql('DELETE FROM atlas.horizon')],
    ['a dump was loaded into another server', () => shard.sql('UPDATE atlas.horizon SET system_id = system_id + 1')],
    [
      'too many have changed',
      () =>
        write(
          Array.from({ length: 101 }, (_, index) => index + 1),
          'after',
        ),
    ],
    [
      'one has changed too often',
      async () => {
        for (let change = 0; change <= 400; change++) await write([1], `change ${change}`);
      },
    ],
    [
      'the tenant is being erased',
      async () => {
        await shard.sql("INSERT INTO atlas.erasure (tenant_id, subject) VALUES (1, 'tester')");
        await primary.query({ tenant: 1, text: 'DELETE FROM atlas.entity WHERE entity_id <= 50', values: [] });
      },
    ],
    ['the tenant was erased', () => eraseTenantFromShard(primary, authorOf(1), () => {}, signal)],
    ['ClickHouse has lost a table', () => shard.clickhouse.command('TRUNCATE TABLE entity_attribute')],
  ])('is that of the shard alone if %s', async (_, happens) => {
    await happens();
    await expectSameAsAlone(primary, false);
    await shard.sql('DELETE FROM atlas.erasure');
  });

  it('is that of the shard alone if ClickHouse shows what its snapshot lacks', async () => {
    await replayed();
    await replica.query({ text: 'SELECT 1', values: [] });
    const superuser = primaryPool(shard.endpoints, { url: shard.endpoints.replicas[0] ?? '', role: 'replica' });
    let release = (): void => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const clickhouse = aroundInserts(shard.clickhouse, {
      before: (_insert, table) => (table === 'replication_watermark' ? gate : undefined),
    });
    try {
      await superuser.query({ text: 'SELECT pg_wal_replay_pause()', values: [] });
      await expectSameAsAlone(replica);
      await write([30], 'ahead');
      const replicator = await shard.replicator({ clickhouse });
      await vi.waitFor(async () => {
        const rows = await shard.clickhouse.query("SELECT 1 FROM entity WHERE entity_id = 30 AND text_1 = 'ahead'");
        expect(rows).toHaveLength(1);
      }, WAIT);
      await expectSameAsAlone(replica, false);
      // The primary knows of it.
      await expectSameAsAlone();
      release();
      await replicator.stop();
    } finally {
      release();
      await superuser.query({ text: 'SELECT pg_wal_replay_resume()', values: [] });
      await superuser.close();
    }
  });

  it('shows one state while entities change and ClickHouse follows', { timeout: 60_000 }, async () => {
    /** Exactly one entity has `here`: each statement moves it to the next one. */
    const move = async (from: number, to: number) => {
      const writes = [valuesOf(from, 'before'), valuesOf(to, 'here')].map((set, index) => ({
        ...{ id: String(index === 0 ? from : to), type: 'thing', set, remove: [], expectedVersion: null },
      }));
      await writer.upsert(authorOf(1), writes);
    };
    await move(2, 1);
    await inClickHouse();
    const replicator = await shard.replicator();
    let isOver = false;
    const changing = (async () => {
      for (let round = 0; !isOver; round++) {
        await move(1 + (round % ENTITIES), 1 + ((round + 1) % ENTITIES));
        if (round % 4 === 0) await beat(primary, 0);
      }
    })();
    /** Lets changes arrive between the snapshot of the shard and what is read of ClickHouse. */
    const overtaking: ClickHouseSession = {
      async query<Row extends object>(sql: string, parameters?: ClickHouseParameters): Promise<Row[]> {
        if (sql.includes('FROM entity AS e')) {
          const before = (await shard.sink.position())?.lsn ?? 0n;
          await vi.waitFor(async () => expect((await shard.sink.position())?.lsn).toBeGreaterThan(before), WAIT);
        }
        return shard.clickhouse.query<Row>(sql, parameters);
      },
      serverChanges: 0,
      catchUp: (tables) => shard.clickhouse.catchUp(tables),
    };
    const seen = { merged: 0, alone: 0 };
    try {
      const until = performance.now() + 1_500;
      while (performance.now() < until || seen.merged === 0 || seen.alone === 0) {
        for (const reader of [merging(), merging(replica), merging(primary, overtaking)]) {
          const { answer: found, isMerged } = await answer(byHotText, reader);
          const counts = Object.fromEntries(found.groups.map(({ group, count: of }) => [group[0], of]));
          expect(counts).toEqual({ before: BigInt(ENTITIES - 1), here: 1n });
          seen[isMerged ? 'merged' : 'alone']++;
        }
      }
    } finally {
      isOver = true;
      await changing;
      await replicator.stop();
    }
  });
});
