import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PostgresPool } from '../../src/connections/postgres/postgres-pool.ts';
import { PostgresAttributeCatalog } from '../../src/datasources/postgres/catalog/postgres-attribute-catalog.ts';
import { PostgresEntityWriter } from '../../src/datasources/postgres/writing/postgres-entity-writer.ts';
import type { TenantCatalog } from '../../src/domain/catalog/attribute.ts';
import type { AttributeCatalog, NewAttribute } from '../../src/domain/catalog/attribute-catalog.ts';
import type { AttributeInput } from '../../src/domain/values/attribute-value.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { migrateShards } from '../../src/migration/migrate-shards.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { ShardMap } from '../../src/sharding/shard-map.ts';
import type { EntityInput } from '../../src/writing/check-row.ts';
import { type ErrorPolicy, type RowOutcome, upsertEntities } from '../../src/writing/upsert-entities.ts';
import { authorOf } from '../support/author.ts';
import { AMPLE_QUOTA } from '../support/catalog-quota.ts';
import { startPostgresCluster, type TestCluster } from '../support/postgres-cluster.ts';
import { primaryPool } from '../support/postgres-pools.ts';

const logger = createLogger('silent');
const connectTimeoutMs = 1_000;
const limits = {
  maxUpsertRows: 100,
  maxAttributesPerEntity: 100,
  maxValueBytes: 100,
  maxListElements: 1_000,
  implicitAttributes: true,
};

const row = (id: string, ...attributes: AttributeInput[]): EntityInput => ({ id, type: 'user', attributes });
const shown = (outcomes: readonly RowOutcome[]) =>
  outcomes.map((outcome) => (outcome.status === 'FAILED' ? outcome.error.code : outcome.status));

describe('upserting entities', () => {
  let clusters: TestCluster[] = [];
  let pools: PostgresPool[] = [];
  let shardMap: ShardMap;
  let writer: PostgresEntityWriter;
  let catalog: PostgresAttributeCatalog;
  let tenant = 0;
  /** The batches to define. */
  let batches: string[][] = [];

  /** The catalog, recording the definitions it receives. */
  const noting = (): AttributeCatalog => ({
    forTenant: (tenantId) => catalog.forTenant(tenantId),
    refresh: () => catalog.refresh(),
    atLeast: (revision) => catalog.atLeast(revision),
    onChange: (listener) => catalog.onChange(listener),
    usage: (tenantId) => catalog.usage(tenantId),
    change: (author, request) => catalog.change(author, request),
    describeType: (author, type, description) => catalog.describeType(author, type, description),
    define: (tenantId, attributes) => {
      batches.push(attributes.map(({ key }) => key));
      return catalog.define(tenantId, attributes);
    },
  });
  const { signal } = new AbortController();
  /** @param seen The catalog as it was when the request began. */
  const upsert = (rows: readonly EntityInput[], seen: TenantCatalog, policy: ErrorPolicy = 'REJECT_FAILED_ROWS') =>
    upsertEntities(rows, policy, {
      caller: authorOf(tenant),
      catalog: seen,
      attributes: noting(),
      writer,
      limits,
      clock: systemClock,
      cost: { isQuick: true },
      signal,
    });
  const define = (...attributes: NewAttribute[]) => catalog.define(authorOf(tenant), attributes);

  beforeAll(async () => {
    clusters = await Promise.all(['s0', 's1'].map((shard) => startPostgresCluster({ shard, migrated: false })));
    const shards = clusters.map(({ endpoints }) => endpoints);
    await migrateShards({ shards, placement: { kind: 'hash' } }, { connectTimeoutMs, logger });
    shardMap = new ShardMap(shards, { kind: 'hash' });
    pools = shards.map((shard) => primaryPool(shard, { actAs: 'atlas_serve' }));
    const [home] = pools;
    if (home === undefined) throw new Error('no shards');
    catalog = new PostgresAttributeCatalog({
      home,
      homeUrl: shards[0]?.primary ?? '',
      copies: [],
      connectTimeoutMs,
      quota: AMPLE_QUOTA,
      applicationName: 'atlas-catalog',
      logger,
    });
    writer = new PostgresEntityWriter(shardMap, pools, systemClock, { maxEntityBytes: 10_000 }, catalog);
    await catalog.start();
  });
  beforeEach(() => {
    tenant += 1;
    batches = [];
  });
  afterAll(async () => {
    await catalog?.stop();
    await Promise.all(pools.map((pool) => pool.close()));
    await Promise.all(clusters.map((cluster) => cluster.stop()));
  });

  it('defines what all rows need in one batch, and returns the catalog with it', async () => {
    const result = await upsert(
      [row('1', { key: 'a', text: 'x' }), row('2', { key: 'b', number: 1 }, { key: 'a', text: 'y' })],
      catalog.forTenant(tenant),
    );
    expect(shown(result.outcome)).toEqual(['CREATED', 'CREATED']);
    expect(batches).toEqual([['a', 'b']]);
    expect(result.catalog.all().map(({ key, type }) => [key, type])).toEqual([
      ['a', 'TEXT'],
      ['b', 'NUMBER'],
    ]);
  });

  it('writes nothing and defines nothing if a row is refused and REJECT_ALL is set', async () => {
    const rows = [row('1', { key: 'a', text: 'x' }), row('2', { key: 'a', number: 1 })];
    const { outcome, positions } = await upsert(rows, catalog.forTenant(tenant), 'REJECT_ALL');
    expect(shown(outcome)).toEqual(['NOT_WRITTEN', 'ATTRIBUTE_TYPE_MISMATCH']);
    expect([batches, positions.size]).toEqual([[], 0]);
  });

  it('fails only the rows whose values do not fit what another process has defined meanwhile', async () => {
    const seen = catalog.forTenant(tenant);
    await define({ key: 'taken', type: 'NUMBER' }, { key: 'ruled', type: 'TEXT', rules: { enum: ['red'] } });
    const others = Array.from({ length: 20 }, (_, n) => row(`${n + 10}`, { key: `new_${n}`, text: 'x' }));
    const { outcome } = await upsert(
      [
        row('1', { key: 'taken', text: 'x' }),
        row('2', { key: 'taken', number: 1 }),
        row('3', { key: 'ruled', text: 'red' }),
        row('4', { key: 'ruled', text: 'blue' }),
        ...others,
      ],
      seen,
    );
    expect(shown(outcome)).toEqual([
      'ATTRIBUTE_TYPE_MISMATCH',
      'CREATED',
      'CREATED',
      'ATTRIBUTE_INVALID',
      ...others.map(() => 'CREATED'),
    ]);
    // Not one key at a time, but everything, and then the rest.
    expect(batches.map(({ length }) => length)).toEqual([22, 20]);
  });

  it('rejects all rows if one does not fit what another process has defined meanwhile, and REJECT_ALL is set', async () => {
    const seen = catalog.forTenant(tenant);
    await define({ key: 'taken', type: 'NUMBER' });
    const rows = [row('1', { key: 'taken', text: 'x' }), row('2', { key: 'free', text: 'x' })];
    expect(shown((await upsert(rows, seen, 'REJECT_ALL')).outcome)).toEqual(['ATTRIBUTE_TYPE_MISMATCH', 'NOT_WRITTEN']);
  });

  it('refuses too many rows', async () => {
    const rows = Array.from({ length: 101 }, (_, n) => row(`${n + 1}`));
    await expect(upsert(rows, catalog.forTenant(tenant))).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: 'upsertEntities got 101 rows; the limit is 100.',
    });
  });

  it('fails the rows with new attributes after one attempt if the home of the catalog is down, and writes the others', async () => {
    await define({ key: 'known', type: 'TEXT' });
    const id = ['1', '2', '3', '4'].find((candidate) => shardMap.shardOf(candidate) === 's1') ?? '';
    await clusters[0]?.primary.stop('immediate');
    try {
      const { outcome } = await upsert(
        [
          row(id, { key: 'known', text: 'x' }),
          row('5', { key: 'new_1', text: 'x' }),
          row('6', { key: 'new_2', text: 'x' }),
        ],
        catalog.forTenant(tenant),
      );
      expect(shown(outcome)).toEqual(['CREATED', 'SHARD_UNAVAILABLE', 'SHARD_UNAVAILABLE']);
      expect(batches).toEqual([['new_1', 'new_2']]);
    } finally {
      await clusters[0]?.primary.start();
    }
  });
});
