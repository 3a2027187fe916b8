/** What history costs the sink, its size, and how long it takes to read: `npx tsx bench/history.ts [changes [tenants]]`. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { openChdb } from '../src/connections/clickhouse/chdb-pool.ts';
import { ClickHouseEntityReader } from '../src/datasources/clickhouse/clickhouse-entity-reader.ts';
import { changedSince } from '../src/datasources/questions/changed-since.ts';
import { changes } from '../src/datasources/questions/changes.ts';
import { entityHistory } from '../src/datasources/questions/entity-history.ts';
import type { Question } from '../src/datasources/questions/question.ts';
import type { RoutedReads } from '../src/datasources/routed-reads.ts';
import type { AttributeDefinition } from '../src/domain/catalog/attribute.ts';
import { MATCH_ALL } from '../src/domain/filter/filter.ts';
import { SeededRandom } from '../src/importing/sample-data/seeded-random.ts';
import { systemClock } from '../src/lib/clock.ts';
import { migrateClickHouse } from '../src/migration/migrate-clickhouse.ts';
import { ClickHouseOwnership, OwnedClickHouse } from '../src/migration/owned-clickhouse.ts';
import { PastPages } from '../src/paging/past-pages.ts';
import { type AuditTuple, changeVersion, type EntityTuple } from '../src/replication/change.ts';
import { ClickHouseSink } from '../src/replication/sink/clickhouse/clickhouse-sink.ts';
import { readFreshness, requirement } from '../test/support/requirement.ts';

const total = Number(process.argv[2] ?? 400_000);
const TENANTS = Number(process.argv[3] ?? 50);
/** That is asked for. */
const TENANT = Math.min(2, TENANTS);
const BATCH = 10_000;
const ENTITIES = total / 10;
const ATTRIBUTES = 12;
const print = (line: string) => process.stdout.write(`${line}\n`);
const home = mkdtempSync(join(tmpdir(), 'atlas-bench-'));
const engine = await openChdb(join(home, 'clickhouse'), {
  connections: 3,
  timeoutMs: 60_000,
  memoryBytes: 4_000_000_000,
});
const clusterId = randomUUID();
await migrateClickHouse(engine, clusterId, (work) => work());
const clickhouse = new OwnedClickHouse(engine, new ClickHouseOwnership(clusterId, pino({ level: 'silent' })));

const now = new Date();
const definition = (id: number): AttributeDefinition => ({
  ...{
    id,
    tenantId: 0,
    key: `a${id}`,
    type: 'TEXT',
    description: null,
    entityTypes: [],
    filterable: true,
    exposed: false,
  },
  ...{
    keySalt: null,
    hotColumn: null,
    rules: {},
    access: {},
    retiredAt: null,
    createdAt: now,
    updatedAt: now,
    version: 1,
    storage: {},
  },
});
const attributes = {
  byId: definition,
  refresh: async () => {},
  atLeast: async () => {},
  moving: () => [],
};
const sink = new ClickHouseSink({ clickhouse, shard: 's0', attributes, retentionMs: 3_600_000, clock: systemClock });
const random = new SeededRandom(1);
const versions = new Map<number, { version: number; values: Record<string, string> }>();
const NO_HOT = Object.fromEntries(
  [
    'text_1',
    'text_2',
    'text_3',
    'text_4',
    'number_1',
    'number_2',
    'number_3',
    'number_4',
    'boolean_1',
    'boolean_2',
    'timestamp_1',
    'timestamp_2',
  ].map((column) => [column, null]),
);
const tupleOf = (id: number, version: number, values: Record<string, string>, at: string) =>
  ({
    ...{ tenant_id: String(1 + (id % TENANTS)), entity_id: String(id), type: 'user', version: String(version) },
    ...{
      created_at: '2026-01-01 00:00:00+00',
      updated_at: at,
      attributes: JSON.stringify(values),
      attribute_updated_at: '{}',
    },
    ...NO_HOT,
  }) as EntityTuple;

let lsn = 1_000n;
const copyId = await sink.beginCopy({ endsEarlier: true });
await sink.advance(0n, { copyId, lsn, heartbeatAt: Date.now() }, 0);

/** Updates of one of twelve values, or creations, by turns written with and without history. */
async function write(kind: 'creations' | 'updates', origin: 'copy' | 'stream', first: number): Promise<number> {
  const rows = Array.from({ length: BATCH }, (_, n) => {
    const id = kind === 'creations' ? first + n : 1 + random.below(versions.size);
    const before = versions.get(id);
    const value = () => `value ${random.below(1_000_000)}`;
    const values =
      before === undefined
        ? Object.fromEntries(Array.from({ length: ATTRIBUTES }, (_, a) => [String(a + 1), value()]))
        : { ...before.values, [String(1 + random.below(ATTRIBUTES))]: value() };
    const version = (before?.version ?? 0) + 1;
    const at = new Date(Date.now()).toISOString().replace('T', ' ').replace('Z', '+00');
    const previous = before === undefined ? null : tupleOf(id, before.version, before.values, at);
    versions.set(id, { version, values });
    return { row: tupleOf(id, version, values, at), previous, at };
  });
  const cpu = process.cpuUsage();
  const batch = sink.batch(copyId, origin);
  for (const [n, { row, previous, at }] of rows.entries()) {
    const commit = lsn + BigInt(n) * 100n;
    batch.add({ kind: 'upsert', lsn: commit, version: changeVersion(commit, 0), row, previous });
    const audit = {
      tenant_id: row.tenant_id,
      at,
      audit_id: String(commit),
      subject: 'auth0|5f7c8ec7c33c6c004bbafe82',
      operation: previous === null ? 'CREATE_ENTITY' : 'UPDATE_ENTITY',
      entity_id: row.entity_id,
      attribute_id: null,
      old_version: previous?.version ?? null,
      new_version: row.version,
    };
    batch.add({ kind: 'audit', lsn: commit, row: audit as AuditTuple });
  }
  await batch.write();
  lsn += BigInt(BATCH) * 100n;
  const { user, system } = process.cpuUsage(cpu);
  return (user + system) / BATCH;
}

async function compare(kind: 'creations' | 'updates', batches: number): Promise<void> {
  const cost = { copy: [] as number[], stream: [] as number[] };
  for (let n = 0; n < batches; n++) {
    const origin = n % 2 === 0 ? 'copy' : 'stream';
    cost[origin].push(await write(kind, origin, versions.size + 1));
  }
  const [without, with_] = [median(cost.copy), median(cost.stream)];
  print(
    `${kind}: ${without.toFixed(0)} µs of CPU each without history, ${with_.toFixed(0)} with it: ${(with_ / without).toFixed(2)}`,
  );
}

async function time(name: string, question: Question<unknown, unknown>): Promise<void> {
  const reader = new ClickHouseEntityReader(clickhouse, ['s0']);
  const taken: number[] = [];
  for (let n = 0; n < 15; n++) {
    const begun = performance.now();
    await reader.ask(question, new AbortController().signal);
    taken.push(performance.now() - begun);
  }
  print(`${name}: ${median(taken).toFixed(0)} ms`);
}

try {
  await compare('creations', ENTITIES / BATCH);
  await compare('updates', (total - ENTITIES) / BATCH);
  await sink.advance(1_000n, { copyId, lsn, heartbeatAt: Date.now() }, 0);
  await clickhouse.command('OPTIMIZE TABLE entity_change FINAL');
  const [size] = await clickhouse.query<{ rows: string; bytes: string; projection: string }>(
    `SELECT sum(rows) AS rows, sum(bytes_on_disk) AS bytes,
       (SELECT sum(bytes_on_disk) FROM system.projection_parts WHERE table = 'entity_change' AND active) AS projection
     FROM system.parts WHERE table = 'entity_change' AND active AND database = currentDatabase()`,
  );
  const each = (bytes: string | undefined) => (Number(bytes) / Number(size?.rows)).toFixed(0);
  print(
    `${size?.rows} changes, ${each(size?.bytes)} bytes each, of which ${each(size?.projection)} are the order of the feed`,
  );
  const window = { attributes: null, from: null, to: null, after: null, limit: 50 };
  await time(
    'history of one entity',
    entityHistory({ ...window, tenantId: TENANT, entityIds: ['1'] }) as Question<unknown, unknown>,
  );
  const ids = Array.from({ length: 100 }, (_, n) => String(1 + n * TENANTS));
  await time(
    'history of 100 entities',
    entityHistory({ ...window, tenantId: TENANT, entityIds: ids, limit: 5 }) as Question<unknown, unknown>,
  );
  const feed = (name: string, from: bigint) =>
    time(
      `feed, ${name}`,
      changes({
        tenantId: TENANT,
        after: new Map([['s0', from]]),
        types: null,
        operations: null,
        limit: 100,
      }) as Question<unknown, unknown>,
    );
  await feed('from the beginning', 0n);
  await feed('from the middle', lsn / 2n);
  await feed('the newest', lsn - 500_000n);
  await feed('nothing new', lsn);
  const reader = new ClickHouseEntityReader(clickhouse, ['s0']);
  const reads: RoutedReads = {
    async ask(question) {
      const { data } = await reader.ask(question, new AbortController().signal);
      return { data: question.merge([data]), reads: [readFreshness()], entities: [], ms: [] };
    },
  };
  for (const share of [400n, 40n, 10n, 1n]) {
    const before = new Map([['s0', share === 1n ? 1_000n : lsn - lsn / share]]);
    const { data } = await reads.ask(
      changedSince({ tenantId: TENANT, type: null, moment: { before }, limit: 1_000_000 }),
      requirement(),
    );
    const count = [...data.ids.values()].flat().length;
    const pages = new PastPages({
      onChanged: () => {},
      ...{ reads, shards: ['s0'], moment: { before }, requirement: requirement(), mostChanged: 1_000_000 },
    });
    const taken: number[] = [];
    for (let n = 0; n < 5; n++) {
      const begun = performance.now();
      await pages.read({
        ...{
          tenantId: TENANT,
          type: 'user',
          filter: MATCH_ALL,
          order: [],
          from: null,
          direction: 'FORWARD',
          limit: 50,
        },
      });
      taken.push(performance.now() - begun);
    }
    print(`page of 50 as of a position since which ${count} entities have changed: ${median(taken).toFixed(0)} ms`);
  }
} finally {
  await clickhouse.close();
  rmSync(home, { recursive: true, force: true });
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
