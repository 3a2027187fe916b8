import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { ClickHouseEntityReader } from '../../src/datasources/clickhouse/clickhouse-entity-reader.ts';
import { changes } from '../../src/datasources/questions/changes.ts';
import { entityHistory } from '../../src/datasources/questions/entity-history.ts';
import { entityPasts } from '../../src/datasources/questions/entity-pasts.ts';
import type { Question } from '../../src/datasources/questions/question.ts';
import { HistoryRetention } from '../../src/replication/upkeep/history-retention.ts';
import { caughtUp, expectEqualStores, put, putMany, WAIT } from './support/replicated-data.ts';
import { type ReplicatedShard, startReplicatedShard } from './support/replicated-shard.ts';

const DAY_MS = 86_400_000;

describe('the history of a shard in ClickHouse', () => {
  let shard: ReplicatedShard;
  beforeAll(async () => {
    shard = await startReplicatedShard();
  });
  afterEach(async () => {
    await shard.reset();
    await shard.sql('TRUNCATE atlas.audit');
  });
  afterAll(() => shard?.stop());

  const history = (final = 'FINAL') =>
    shard.clickhouse.query<{ entity: string; operation: string; values: string; subject: string | null; at: string }>(
      `SELECT toString(entity_id) AS entity, operation, concat(toString(before), ' ', toString(after)) AS values, subject, toString(at) AS at
       FROM entity_change ${final} ORDER BY entity_change.entity_id, created_at, version, operation, lsn`,
    );
  const start = async () => {
    const [row] = await shard.clickhouse.query<{ lsn: string; at: string }>(
      'SELECT toString(lsn) AS lsn, toString(at) AS at FROM history_start FINAL',
    );
    return row === undefined ? null : { lsn: BigInt(row.lsn), at: Number(row.at) };
  };

  const streamed = async () => {
    const replicator = await shard.replicator();
    await caughtUp(shard);
    return replicator;
  };

  it('begins with the copy of the shard, which is no part of it', async () => {
    await put(shard, 1, { '1': 'before' });
    await shard.replicator();
    await caughtUp(shard);
    expect(await history()).toEqual([]);
    await put(shard, 1, { '1': 'after' });
    await caughtUp(shard);
    expect(await history()).toMatchObject([{ operation: 'UPDATED', values: `['"before"'] ['"after"']` }]);
    const position = await shard.sink.position();
    expect((await start())?.lsn).toBeGreaterThan(0n);
    expect((await start())?.lsn).toBeLessThan(position?.lsn ?? 0n);
  });

  it('has lists as they were', async () => {
    await streamed();
    await put(shard, 1, { '30': ['a', 'b', 'a'], '31': [] });
    await put(shard, 1, { '30': ['b'], '31': [] });
    await put(shard, 1, { '31': [0.5] });
    await caughtUp(shard);
    expect((await history()).map(({ values }) => values)).toEqual([
      `[NULL,NULL] ['["a","b","a"]','[]']`,
      `['["a","b","a"]'] ['["b"]']`,
      `['[]','["b"]'] ['[0.5]',NULL]`,
    ]);
    await expectEqualStores(shard);
  });

  it('has each change once, however often it is delivered, also while a new copy is built beside the one that is read', async () => {
    const replicator = await streamed();
    await put(shard, 1, { '1': 'a' });
    await caughtUp(shard);
    const begun = await start();
    await replicator.stop();
    const again = await shard.replicator({ copyAnew: true });
    await put(shard, 1, { '1': 'b' });
    await vi.waitFor(async () => expect(again.state().phase).toBe('streaming'), WAIT);
    const copies = async () =>
      (await shard.clickhouse.query('SELECT 1 FROM replication_watermark FINAL WHERE lsn > 0')).length;
    await vi.waitFor(async () => {
      await shard.beat();
      expect(await copies()).toBeGreaterThan(1);
    }, WAIT);
    await put(shard, 1, { '1': 'c' });
    await caughtUp(shard);
    expect((await history()).map(({ values }) => values)).toEqual([
      `[NULL] ['"a"']`,
      `['"a"'] ['"b"']`,
      `['"b"'] ['"c"']`,
    ]);
    expect(await start()).toEqual(begun);
  });

  it('begins anew after a gap: what happened meanwhile is not known', async () => {
    const replicator = await streamed();
    await put(shard, 1, { '1': 'a' });
    await caughtUp(shard);
    const begun = await start();
    await replicator.stop();
    await shard.dropSlot();
    await put(shard, 1, { '1': 'lost' });
    await shard.replicator({ resnapshot: true });
    await caughtUp(shard);
    const anew = await start();
    expect(anew?.lsn).toBeGreaterThan(begun?.lsn ?? 0n);
    expect(anew?.at).toBeGreaterThan(begun?.at ?? 0);
    await put(shard, 1, { '1': 'c' });
    await caughtUp(shard);
    expect((await history()).map(({ values }) => values)).toEqual([`[NULL] ['"a"']`, `['"lost"'] ['"c"']`]);
  });

  it('forgets what a primary that was restored to an earlier time has lost', async () => {
    const replicator = await streamed();
    await put(shard, 1, { '1': 'kept' });
    await caughtUp(shard);
    await replicator.stop();
    const [now] = await shard.sql<{ lsn: string }>(
      "SELECT (pg_current_wal_insert_lsn() - '0/0'::pg_lsn + 1000000000)::text AS lsn",
    );
    // As from a time whose positions are given again.
    const lost = { tenant_id: 1, entity_id: '1', created_at: 1, version: '9', operation: 'DELETED', at: Date.now() };
    await shard.clickhouse.insert('entity_change', [{ ...lost, lsn: now?.lsn, shard: 's0', type: 'thing' }]);
    await shard.dropSlot();
    await shard.replicator({ resnapshot: true });
    await caughtUp(shard);
    expect((await history()).map(({ operation }) => operation)).toEqual(['CREATED']);
  });

  it('knows who has written from the audit of the transaction, and nobody for SQL by hand', async () => {
    await streamed();
    await put(shard, 1, { '1': 'a' });
    const [row] = await shard.sql<{ at: number }>(
      `WITH deleted AS (DELETE FROM atlas.entity WHERE entity_id = 1 RETURNING version)
       INSERT INTO atlas.audit (tenant_id, at, subject, operation, entity_id, old_version)
       SELECT 1, now() + interval '1 hour', 'ann', 'DELETE_ENTITY', 1, version FROM deleted
       RETURNING (extract(epoch FROM at) * 1000)::double precision AS at`,
    );
    await put(shard, 2, { '1': 'b' });
    const before = Date.now();
    await shard.sql('DELETE FROM atlas.entity WHERE entity_id = 2');
    await caughtUp(shard);
    expect((await history()).filter(({ operation }) => operation === 'DELETED')).toEqual([
      { entity: '1', operation: 'DELETED', values: `['"a"'] [NULL]`, subject: 'ann', at: String(row?.at) },
      { entity: '2', operation: 'DELETED', values: `['"b"'] [NULL]`, subject: null, at: expect.any(String) },
    ]);
    const captured = Number((await history()).findLast(({ entity }) => entity === '2')?.at);
    expect(captured).toBeGreaterThanOrEqual(before);
    expect(captured).toBeLessThanOrEqual(Date.now());
  });

  it('leaves out what no writer has changed', async () => {
    await streamed();
    await put(shard, 1, { '8': 'text' });
    await shard.sql('UPDATE atlas.entity SET text_2 = text_1, text_1 = NULL');
    await caughtUp(shard);
    expect(await history('')).toHaveLength(1);
  });

  it('shows nothing of a tenant that was erased, from the moment on at which that is known', async () => {
    await streamed();
    await put(shard, 1, { '1': 'erased' });
    await put(shard, 2, { '1': 'of another tenant' }, 2);
    await shard.sql(`WITH erased AS (DELETE FROM atlas.entity WHERE tenant_id = 1)
      INSERT INTO atlas.audit (tenant_id, at, subject, operation) VALUES (1, clock_timestamp(), 'ann', 'ERASE_TENANT')`);
    await caughtUp(shard);
    const moment = new Date();
    const reader = new ClickHouseEntityReader(shard.clickhouse, ['s0']);
    const ask = async <Part, Answer>(question: Question<Part, Answer>) =>
      question.merge([(await reader.ask(question, new AbortController().signal)).data]);
    const feedOf = async (tenantId: number, limit = 10) =>
      ask(changes({ tenantId, after: new Map(), types: null, operations: null, limit }));
    const ids = async (tenantId: number) => (await feedOf(tenantId)).changes.map(({ entityId }) => entityId);
    const window = { attributes: null, from: null, to: null, after: null, limit: 10 };
    const historyOf = async (id: string) =>
      (await ask(entityHistory({ ...window, tenantId: 1, entityIds: [id] }))).pages.get(id)?.changes;
    expect(await ids(1)).toEqual([]);
    expect(await ids(2)).toEqual(['2']);
    expect(await historyOf('1')).toEqual([]);
    const { pasts } = await ask(
      entityPasts({ tenantId: 1, ids: ['1'], shard: 's0', moment: { at: new Date(moment.getTime() - 1) } }),
    );
    expect([...pasts.values()].every(({ isErased }) => isErased)).toBe(true);
    await put(shard, 1, { '1': 'written afterwards' });
    await caughtUp(shard);
    expect(await ids(1)).toEqual(['1']);
    expect((await feedOf(1, 1)).next.size).toBeLessThanOrEqual(1);
    expect(await historyOf('1')).toMatchObject([{ operation: 'CREATED' }]);
  });

  it('is removed month by month, and says from when on it is complete', async () => {
    await streamed();
    await putMany(shard, 1, 20);
    await caughtUp(shard);
    const begun = await start();
    const retention = (now: number) =>
      new HistoryRetention({
        ...{ shard: 's0', clickhouse: shard.clickhouse, archive: null, days: 30, byTenant: new Map() },
        ...{ periodMs: 1_000, clock: { now: () => now } },
      });
    const signal = new AbortController().signal;
    await retention(Date.now() + 29 * DAY_MS).run(signal);
    expect(await history()).toHaveLength(20);
    expect(await start()).toEqual(begun);
    await retention(Date.now() + 62 * DAY_MS).run(signal);
    expect(await history()).toEqual([]);
    expect(await start()).toEqual(begun);
    const starts = await shard.clickhouse.query<{ tenant_id: number; lsn: string; at: string }>(
      'SELECT tenant_id, toString(lsn) AS lsn, toString(at) AS at FROM tenant_history_start FINAL ORDER BY tenant_id',
    );
    expect(starts.map(({ tenant_id }) => tenant_id)).toEqual([1, 2, 3]);
    for (const { lsn, at } of starts) {
      expect(BigInt(lsn)).toBeGreaterThan(begun?.lsn ?? 0n);
      expect(Number(at)).toBeGreaterThan(0);
    }
  });
});
