import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openChdb } from '../../../src/connections/clickhouse/chdb-pool.ts';
import { down } from '../../../src/connections/clickhouse/translate-clickhouse-error.ts';
import { ClickHouseEntityReader } from '../../../src/datasources/clickhouse/clickhouse-entity-reader.ts';
import { UnchangedEntityReader } from '../../../src/datasources/clickhouse/unchanged-entity-reader.ts';
import { auditPage } from '../../../src/datasources/questions/audit-page.ts';
import { entityPage } from '../../../src/datasources/questions/entity-page.ts';
import { attributeOf } from '../../../src/domain/entity.ts';
import { type EntityFilter, MATCH_ALL } from '../../../src/domain/filter/filter.ts';
import { migrateClickHouse } from '../../../src/migration/migrate-clickhouse.ts';
import { type AuditTuple, changeVersion } from '../../../src/replication/change.ts';
import { ClickHouseSink } from '../../../src/replication/sink/clickhouse/clickhouse-sink.ts';
import { lookupOf } from '../../replication/support/test-attributes.ts';
import {
  KEEP_COPIES,
  ofTestCluster,
  startClickHouse,
  TEST_CLUSTER,
  type TestClickHouse,
} from '../../support/clickhouse.ts';
import { entityTuple } from '../support/entity-tuple.ts';
import { CATALOG } from '../support/sample-catalog.ts';
import { SimulatedReplica } from '../support/simulated-replica.ts';

const ENTITIES = ['1', '2', '3', '4'];
const SEEDS = 25;
const signal = new AbortController().signal;
const { number } = CATALOG;

/** Mulberry32. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Shown {
  readonly shown: ReadonlyMap<string, readonly number[]>;
  /** The position that the answer claims to contain. */
  readonly claimed: bigint | null;
}

function auditTuple(id: string, value: number): AuditTuple {
  return {
    ...{ tenant_id: '1', at: '2024-01-01 00:00:00+00', audit_id: `${value}${id}`, operation: 'UPSERT', subject: 'a' },
    ...{ entity_id: id, attribute_id: null, old_version: null, new_version: String(value) },
  };
}

/** Replication itself is simulated: see docs/clickhouse-cluster.md for what was not run. */
describe('a server that replicates what is written to another one, in any order', () => {
  let engine: TestClickHouse;
  let servers: SimulatedReplica;
  let sink: ClickHouseSink;
  let copyId: bigint;
  /** What each entity's attribute was set to, and the position of the commit. */
  const commits = new Map<string, { lsn: bigint; value: number }[]>();
  let lsn = 0n;

  beforeAll(async () => {
    engine = await startClickHouse();
    const open = () => openChdb(engine.path, { connections: 1, timeoutMs: 10_000, memoryBytes: 500_000_000 });
    const [origin, replica] = [await open(), await open()];
    await replica.command('CREATE DATABASE replica');
    await replica.command('USE replica');
    await migrateClickHouse(replica, TEST_CLUSTER, (work) => work());
    servers = new SimulatedReplica(origin, replica);
    sink = new ClickHouseSink({
      clickhouse: ofTestCluster(servers.origin),
      ...{ shard: 's0', attributes: lookupOf([number]), ...KEEP_COPIES },
    });
    copyId = await sink.beginCopy({ endsEarlier: true });
    await commit(ENTITIES);
  });
  afterAll(async () => {
    await servers?.origin.close();
    await servers?.replica().close();
    await engine?.stop();
  });

  /** One batch as the replicator writes it: every entity gets a value above all earlier ones, then the watermark moves over it. */
  async function commit(ids: readonly string[]): Promise<void> {
    const from = lsn === 0n ? 0n : lsn + 1n;
    lsn += 100n;
    const batch = sink.batch(copyId, 'stream');
    const value = Number(lsn);
    const tuple = (id: string, set: number | undefined) => ({
      ...entityTuple(id),
      version: set === undefined ? '1' : String(set),
      attributes: set === undefined ? '{}' : JSON.stringify({ [number.id]: set }),
    });
    for (const id of ids) {
      const known = commits.get(id) ?? [];
      const previous = tuple(id, known.at(-1)?.value);
      batch.add({ kind: 'upsert', lsn, version: changeVersion(lsn, 0), previous, row: tuple(id, value) });
      commits.set(id, [...known, { lsn, value }]);
      batch.add({ kind: 'audit', lsn, row: auditTuple(id, value) });
    }
    await batch.write();
    await sink.advance(from, { copyId, lsn: lsn + 1n, heartbeatAt: Number(lsn) }, 0);
  }

  /** Reads, while parts arrive before each statement, and what the answer lacks of what its watermark says. */
  async function readDuring(seed: number, waits: boolean): Promise<{ lacking: number; isKnown: boolean }> {
    const next = random(seed);
    // Watermarks are small, and often arrive first.
    const step = () => servers.arriveSome((table) => next() < (table === 'replication_watermark' ? 0.7 : 0.2));
    const replica = servers.replica(step);
    const server = ofTestCluster(waits ? replica : { ...replica, catchUp: async () => {} });
    const reader = new ClickHouseEntityReader(server, ['s0']);
    const isAudit = seed % 3 === 0;
    const { shown, claimed } = isAudit ? await shownAudit(reader) : await shownValues(reader);
    const lacking = ENTITIES.filter((id) => {
      const covered = (commits.get(id) ?? []).filter((one) => claimed !== null && one.lsn < claimed);
      const values = shown.get(id) ?? [];
      if (isAudit) return covered.some(({ value }) => !values.includes(value));
      const newest = covered.at(-1)?.value ?? 0;
      return newest >= leastValue() && !((values[0] ?? 0) >= newest);
    });
    return { lacking: lacking.length, isKnown: claimed !== null };
  }

  /** Of the entities' newest values. */
  const leastValue = () => Math.min(...ENTITIES.map((id) => commits.get(id)?.at(-1)?.value ?? 0));

  /** The values of the entities that an attribute row says have one of the newest. */
  async function shownValues(reader: ClickHouseEntityReader): Promise<Shown> {
    const filter: EntityFilter = {
      kind: 'attribute',
      attribute: number,
      predicate: { operator: 'gte', operand: leastValue() },
    };
    const page = { tenantId: 1, type: null, filter, order: [], from: null, limit: 10 } as const;
    const { data, watermarks } = await reader.ask(entityPage({ ...page, direction: 'FORWARD' }), signal);
    const shown = new Map(data.map(({ entity }) => [entity.id, [Number(attributeOf(entity, number.id))]]));
    return { shown, claimed: watermarks.get('s0')?.lsn ?? null };
  }

  /** The values that each entity was given, by the audit. */
  async function shownAudit(reader: ClickHouseEntityReader): Promise<Shown> {
    const page = { tenantId: 1, entityId: null, subject: null, from: null, to: null, after: null, limit: 10_000 };
    const { data, watermarks } = await reader.ask(auditPage(page), signal);
    const shown = new Map<string, number[]>();
    for (const { entityId, newVersion } of data) {
      shown.set(entityId ?? '', [...(shown.get(entityId ?? '') ?? []), Number(newVersion)]);
    }
    return { shown, claimed: watermarks.get('s0')?.lsn ?? null };
  }

  async function schedules(waits: boolean): Promise<{ lacking: number; known: number }> {
    const found = { lacking: 0, known: 0 };
    // That it would is shown by one.
    for (let seed = 1; seed <= SEEDS && (waits || found.lacking === 0); seed++) {
      const next = random(1_000 + seed);
      await commit(ENTITIES.filter(() => next() < 0.5));
      const { lacking, isKnown } = await readDuring(seed, waits);
      found.lacking += lacking;
      found.known += Number(isKnown);
    }
    return found;
  }

  it('never claims what it lacks, whatever arrives when', async () => {
    const { lacking, known } = await schedules(true);
    expect(lacking).toBe(0);
    expect(known).toBeGreaterThan(SEEDS / 2);
  });

  it('would claim what it lacks if it did not wait', async () => {
    expect((await schedules(false)).lacking).toBeGreaterThan(0);
  });

  it('answers nothing if it cannot find out what it lacks', async () => {
    await servers.arriveSome(() => true);
    const replica = { ...servers.replica(), catchUp: () => Promise.reject(down()) };
    const reader = new ClickHouseEntityReader(ofTestCluster(replica), ['s0']);
    const page = { tenantId: 1, type: null, filter: { kind: 'and', filters: [] }, order: [], from: null } as const;
    await expect(reader.ask(entityPage({ ...page, limit: 10, direction: 'FORWARD' }), signal)).rejects.toMatchObject({
      code: 'ANALYTICS_UNAVAILABLE',
    });
  });

  it('claims nothing if another server has answered in between', async () => {
    await servers.arriveSome(() => true);
    const page = { tenantId: 1, type: null, filter: MATCH_ALL, order: [], from: null, limit: 10 } as const;
    const question = entityPage({ ...page, direction: 'FORWARD' });
    /** @param at the statement before which a balancer chooses another server. */
    const behindBalancer = (at: number) => {
      let changes = 0;
      const server = servers.replica(async (statement) => {
        if (statement === at) changes++;
      });
      Object.defineProperty(server, 'serverChanges', { get: () => changes });
      return ofTestCluster(server);
    };
    // Three statements verify whose the database is.
    for (const at of [4, 5]) {
      const { watermarks, shown } = await new ClickHouseEntityReader(behindBalancer(at), ['s0']).ask(question, signal);
      expect([...watermarks, ...shown]).toEqual([['s0', { heartbeatAt: null, lsn: null }]]);
      const unchanged = new UnchangedEntityReader(behindBalancer(at), 's0');
      const copy = await unchanged.watermark(signal);
      if (copy === undefined) throw new Error('There is a complete copy');
      const changed = { ids: [], position: lsn + 1n };
      expect(await unchanged.ask(question, copy, changed, signal)).toBeNull();
    }
    const { watermarks } = await new ClickHouseEntityReader(behindBalancer(100), ['s0']).ask(question, signal);
    expect(watermarks.get('s0')?.lsn).toBe(lsn + 1n);
    const unchanged = new UnchangedEntityReader(behindBalancer(100), 's0');
    const copy = await unchanged.watermark(signal);
    const changed = { ids: [], position: lsn + 1n };
    expect(copy && (await unchanged.ask(question, copy, changed, signal))?.data).toHaveLength(ENTITIES.length);
  });

  it('is where a replicator goes on from the position that another one has reached through the first', async () => {
    await commit(ENTITIES);
    expect(servers.underWay).toBeGreaterThan(0);
    const other = new ClickHouseSink({
      clickhouse: ofTestCluster(servers.replica()),
      ...{ shard: 's0', attributes: lookupOf([number]), ...KEEP_COPIES },
    });
    expect(await other.position()).toEqual(await sink.position());
    expect(servers.underWay).toBe(0);
  });
});
