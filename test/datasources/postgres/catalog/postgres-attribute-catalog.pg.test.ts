import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { PostgresPool } from '../../../../src/connections/postgres/postgres-pool.ts';
import { PostgresAttributeCatalog } from '../../../../src/datasources/postgres/catalog/postgres-attribute-catalog.ts';
import { SHARED_TENANT } from '../../../../src/domain/identifiers.ts';
import { attributeValue } from '../../../../src/domain/values/attribute-value.ts';
import { migrateShards } from '../../../../src/migration/migrate-shards.ts';
import { createLogger } from '../../../../src/observability/logger.ts';
import { authorOf } from '../../../support/author.ts';
import { AMPLE_QUOTA } from '../../../support/catalog-quota.ts';
import { startPostgresCluster, type TestCluster } from '../../../support/postgres-cluster.ts';
import { primaryPool } from '../../../support/postgres-pools.ts';
import { postgresQuery } from '../../../support/postgres-query.ts';

const logger = createLogger('silent');
const connectTimeoutMs = 1_000;

describe('the attribute catalog', () => {
  let clusters: TestCluster[] = [];
  let pools: PostgresPool[] = [];
  const running: PostgresAttributeCatalog[] = [];
  let tenant = 100;

  async function startCatalog(quota = AMPLE_QUOTA): Promise<PostgresAttributeCatalog> {
    const [home, copy] = pools;
    if (home === undefined || copy === undefined) throw new Error('no shards');
    const catalog = new PostgresAttributeCatalog({
      home,
      homeUrl: clusters[0]?.endpoints.primary ?? '',
      copies: [copy],
      connectTimeoutMs,
      quota,
      applicationName: 'atlas-catalog',
      logger,
    });
    await catalog.start();
    running.push(catalog);
    return catalog;
  }
  const onHome = (text: string) => postgresQuery<Record<string, unknown>>(clusters[0]?.endpoints.primary ?? '', text);

  beforeAll(async () => {
    clusters = await Promise.all(
      ['s0', 's1'].map((shard) =>
        startPostgresCluster({ shard, migrated: false, settings: { wal_retrieve_retry_interval: '100ms' } }),
      ),
    );
    const shards = clusters.map(({ endpoints }) => endpoints);
    await migrateShards({ shards, placement: { kind: 'hash' } }, { connectTimeoutMs, logger });
    pools = shards.map(
      ({ id, primary }) =>
        new PostgresPool({
          shard: id,
          role: 'primary',
          url: primary,
          actAs: 'atlas_serve',
          size: 4,
          connectTimeoutMs,
          statementTimeoutMs: 5_000,
          applicationName: 'atlas-test',
          logger,
        }),
    );
  });
  afterEach(async () => {
    for (const catalog of running.splice(0)) await catalog.stop();
    tenant += 1;
  });
  afterAll(async () => {
    await Promise.all(pools.map((pool) => pool.close()));
    await Promise.all(clusters.map((cluster) => cluster.stop()));
  });

  it('holds definitions unchanged, immediately and after a restart', async () => {
    const catalog = await startCatalog();
    const [defined] = await catalog.define(authorOf(tenant), [
      {
        key: 'last_seen',
        type: 'TIMESTAMP',
        description: 'when?',
        entityTypes: ['user', 'device'],
        exposed: true,
        hot: true,
        rules: { latest: '2030-01-01T00:00:00.000Z' },
      },
    ]);
    expect(defined).toMatchObject({
      tenantId: tenant,
      key: 'last_seen',
      type: 'TIMESTAMP',
      description: 'when?',
      entityTypes: ['user', 'device'],
      filterable: true,
      exposed: true,
      hotColumn: 'timestamp_1',
      rules: { latest: '2030-01-01T00:00:00.000Z' },
      retiredAt: null,
    });
    expect(catalog.forTenant(tenant).byKey('last_seen')).toEqual(defined);
    const restarted = await startCatalog();
    expect(restarted.forTenant(tenant).byId(defined?.id ?? 0)).toEqual(defined);
    expect(restarted.byId(defined?.id ?? 0)).toEqual(defined);
  });

  it('enforces rules on values in every process, and refuses rules that cannot be enforced', async () => {
    const catalog = await startCatalog();
    const rules = { maxLength: 3, pattern: '^[a-z]+$' };
    await catalog.define(authorOf(tenant), [{ key: 'code', type: 'TEXT', rules }]);
    await onHome(`UPDATE atlas.attribute_definition SET description = 'changed' WHERE tenant_id = ${tenant}`);
    const code = (await startCatalog()).forTenant(tenant).byKey('code');
    if (code === undefined) throw new Error('The definition is lost');
    expect(code).toMatchObject({ rules, description: 'changed' });
    const stored = (text: string) =>
      attributeValue(code, { key: 'code', text }, { maxValueBytes: 100, maxListElements: 1_000 });
    expect(stored('abc')).toBe('abc');
    expect(() => stored('ABC')).toThrow('Attribute "code" violates rule pattern');
    expect(() => stored('abcd')).toThrow('Attribute "code" violates rule maxLength');

    const wrong = catalog.define(authorOf(tenant), [{ key: 'wrong', type: 'TEXT', rules: { min: 1 } }]);
    await expect(wrong).rejects.toMatchObject({ code: 'ATTRIBUTE_INVALID' });
    expect(catalog.forTenant(tenant).byKey('wrong')).toBeUndefined();
    const [again] = await catalog.define(authorOf(tenant), [{ key: 'code', type: 'TEXT', rules: { maxLength: 9 } }]);
    expect(again?.rules).toEqual(rules);
  });

  it('takes no ids for a batch that it refuses, and keeps the quota against other processes', async () => {
    const quota = { ...AMPLE_QUOTA, maxDefinitions: 3 };
    const [one, other] = [await startCatalog(quota), await startCatalog(quota)];
    const [first] = await one.define(authorOf(tenant), [{ key: 'a', type: 'TEXT' }]);
    const many = ['b', 'c', 'd'].map((key) => ({ key, type: 'TEXT' as const }));
    await expect(other.define(authorOf(tenant), many)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    const [b, c] = await one.define(authorOf(tenant), many.slice(0, 2));
    expect([b?.id, c?.id]).toEqual([1, 2].map((n) => (first?.id ?? 0) + n));
    // The other process may not have heard of b and c yet.
    await expect(other.define(authorOf(tenant), many.slice(2))).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
  });

  it('returns existing definitions, in the order requested', async () => {
    const catalog = await startCatalog();
    const [b] = await catalog.define(authorOf(tenant), [{ key: 'b', type: 'TEXT' }]);
    const both = await catalog.define(authorOf(tenant), [
      { key: 'a', type: 'NUMBER' },
      { key: 'b', type: 'TEXT', exposed: true },
    ]);
    expect(both.map(({ key }) => key)).toEqual(['a', 'b']);
    expect(both[1]).toEqual(b);
    await expect(catalog.define(authorOf(tenant), [{ key: 'b', type: 'NUMBER' }])).rejects.toMatchObject({
      code: 'ATTRIBUTE_TYPE_MISMATCH',
    });
  });

  it('is the same in every process within moments', async () => {
    const [one, other] = [await startCatalog(), await startCatalog()];
    const changes: number[][] = [];
    other.onChange((tenants) => changes.push([...tenants]));
    await one.define(authorOf(tenant), [{ key: 'colour', type: 'TEXT' }]);
    await expect.poll(() => other.forTenant(tenant).byKey('colour')?.type, { timeout: 1_000 }).toBe('TEXT');
    expect(changes).toEqual([[tenant]]);
  });

  it('returns one definition to processes that define the same key concurrently', async () => {
    const catalogs = [await startCatalog(), await startCatalog(), await startCatalog()];
    const keys = ['k1', 'k2', 'k3', 'k4'];
    const defined = await Promise.all(
      catalogs.flatMap((catalog) =>
        keys.map((key) => catalog.define(authorOf(tenant), [{ key, type: 'NUMBER', hot: true }])),
      ),
    );
    const distinct = new Map(defined.flat().map(({ id, key, hotColumn }) => [id, { key, hotColumn }]));
    expect([...distinct.values()].map(({ key }) => key).sort()).toEqual(keys);
    expect([...distinct.values()].map(({ hotColumn }) => hotColumn).sort()).toEqual([
      'number_1',
      'number_2',
      'number_3',
      'number_4',
    ]);
    await expect(
      catalogs[0]?.define(authorOf(tenant), [{ key: 'k5', type: 'NUMBER', hot: true }]),
    ).rejects.toMatchObject({
      code: 'ATTRIBUTE_INVALID',
    });
  });

  it('shows a tenant its own and the shared definitions, and nothing of others', async () => {
    const catalog = await startCatalog();
    await catalog.define(authorOf(SHARED_TENANT), [{ key: 'label', type: 'TEXT' }]);
    await catalog.define(authorOf(tenant), [{ key: 'zeta', type: 'TEXT' }]);
    await catalog.define(authorOf(tenant + 1000), [{ key: 'theirs', type: 'TEXT' }]);
    const view = catalog.forTenant(tenant);
    expect(view.all().map(({ key }) => key)).toEqual(['label', 'zeta']);
    expect(view.byKey('theirs')).toBeUndefined();
    expect(
      catalog
        .forTenant(9)
        .all()
        .map(({ key }) => key),
    ).toEqual(['label']);
    const [label] = await catalog.define(authorOf(tenant), [{ key: 'label', type: 'TEXT' }]);
    expect(label?.tenantId).toBe(SHARED_TENANT);
  });

  it('defines attributes for all tenants, beside a tenant’s own, as its author’s tenant records', async () => {
    const catalog = await startCatalog();
    const [own] = await catalog.define(authorOf(tenant), [{ key: 'common', type: 'NUMBER' }]);
    const [shared, ...none] = await catalog.define(authorOf(tenant), [{ key: 'common', type: 'NUMBER', shared: true }]);
    expect([own?.tenantId, shared?.tenantId, none]).toEqual([tenant, SHARED_TENANT, []]);
    const view = catalog.forTenant(tenant);
    expect(view.byKey('common')).toEqual(own);
    expect([view.all(), view.shared()].map((all) => all.filter(({ key }) => key === 'common'))).toEqual([
      [own],
      [shared],
    ]);
    expect((await startCatalog()).forTenant(9).byKey('common')).toEqual(shared);
    expect(
      await onHome(`SELECT subject, attribute_id FROM atlas.audit WHERE tenant_id = ${tenant} ORDER BY audit_id`),
    ).toEqual([own, shared].map((definition) => ({ subject: 'tester', attribute_id: definition?.id })));
    const text = catalog.define(authorOf(tenant), [{ key: 'common', type: 'TEXT', shared: true }]);
    await expect(text).rejects.toMatchObject({ code: 'ATTRIBUTE_TYPE_MISMATCH' });
  });

  it('keeps snapshots unchanged, and changes only the revision of tenants that see a change', async () => {
    const catalog = await startCatalog();
    await catalog.define(authorOf(tenant), [{ key: 'one', type: 'TEXT' }]);
    const [before, others] = [catalog.forTenant(tenant), catalog.forTenant(9).revision];
    await catalog.define(authorOf(tenant), [{ key: 'two', type: 'TEXT' }]);
    expect(before.byKey('two')).toBeUndefined();
    expect(catalog.forTenant(tenant).revision).not.toBe(before.revision);
    expect(catalog.forTenant(9).revision).toBe(others);
    await catalog.define(authorOf(SHARED_TENANT), [{ key: 'three', type: 'TEXT' }]);
    expect(catalog.forTenant(9).revision).not.toBe(others);
  });

  it('hides a retired definition from the list, but keeps it by key', async () => {
    const catalog = await startCatalog();
    await catalog.define(authorOf(tenant), [{ key: 'old', type: 'TEXT' }]);
    await onHome(`UPDATE atlas.attribute_definition SET retired_at = now() WHERE tenant_id = ${tenant}`);
    await catalog.refresh();
    expect(catalog.forTenant(tenant).byKey('old')?.retiredAt).toBeInstanceOf(Date);
    expect(
      catalog
        .forTenant(tenant)
        .all()
        .map(({ key }) => key),
    ).not.toContain('old');
  });

  it('catches up after a broken connection', async () => {
    const catalog = await startCatalog();
    await onHome(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'atlas-catalog'`);
    await onHome(`INSERT INTO atlas.attribute_definition (tenant_id, key, type) VALUES (${tenant}, 'missed', 'TEXT')`);
    await expect.poll(() => catalog.forTenant(tenant).byKey('missed')?.type).toBe('TEXT');
  });

  it('catches up with a revision before it answers, until the caller has gone, and asks the home only if it is behind', async () => {
    const catalog = await startCatalog();
    const { latestRevision: reached } = catalog.forTenant(tenant);
    const owner = primaryPool({ id: 's0', primary: clusters[0]?.endpoints.primary ?? '', replicas: [] });
    onTestFinished(() => owner.close());
    const locked = await owner.transaction(async (session) => {
      await session.query({ text: 'LOCK TABLE atlas.attribute_definition', values: [] });
      await catalog.atLeast(reached);
      const gone = new AbortController();
      const waiting = catalog.atLeast(Number.MAX_SAFE_INTEGER, gone.signal);
      gone.abort(new Error('the client has gone'));
      await expect(waiting).rejects.toThrow('the client has gone');
      return 'released';
    });
    expect(locked).toBe('released');
    const [row] = await onHome(
      `INSERT INTO atlas.attribute_definition (tenant_id, key, type) VALUES (${tenant}, 'ahead', 'TEXT') RETURNING revision`,
    );
    const revision = Number(row?.revision);
    await catalog.atLeast(revision);
    expect(catalog.forTenant(tenant).byKey('ahead')?.type).toBe('TEXT');
    expect(catalog.forTenant(tenant).latestRevision).toBe(revision);
    await catalog.atLeast(revision + 1_000);
  });

  it('holds 10,000 definitions of a tenant', async () => {
    await onHome(
      `INSERT INTO atlas.attribute_definition (tenant_id, key, type)
       SELECT ${tenant}, 'bulk_' || n, 'NUMBER' FROM generate_series(1, 10000) n`,
    );
    const catalog = await startCatalog();
    expect(catalog.forTenant(tenant).all()).toHaveLength(10_000 + catalog.forTenant(9).all().length);
    await catalog.define(authorOf(tenant), [{ key: 'one_more', type: 'TEXT' }]);
    expect(catalog.forTenant(tenant).byKey('one_more')?.type).toBe('TEXT');
  });

  it('knows what entity types mean, in every process, and misses no definition for it', async () => {
    const [first, second] = [await startCatalog(), await startCatalog()];
    const shown = (catalog: PostgresAttributeCatalog, of = tenant) => [...catalog.forTenant(of).typeDescriptions];
    const changes: unknown[] = [];
    first.onChange((tenants) => changes.push(tenants));
    await first.describeType(authorOf(tenant), 'user', 'A person');
    expect(shown(first)).toEqual([['user', 'A person']]);
    expect(changes).toEqual([]); // no schema depends on it
    await expect.poll(() => shown(second)).toEqual([['user', 'A person']]);
    const { latestRevision } = first.forTenant(tenant);
    expect(second.forTenant(tenant).latestRevision).toBe(latestRevision);

    await second.define(authorOf(tenant), [{ key: 'name', type: 'TEXT' }]);
    await second.describeType(authorOf(tenant), 'user', 'Someone');
    await first.atLeast(second.forTenant(tenant).latestRevision);
    expect(shown(first)).toEqual([['user', 'Someone']]);
    expect(first.forTenant(tenant).byKey('name')?.type).toBe('TEXT');
    expect(shown(first, tenant + 1)).toEqual([]);

    await first.describeType(authorOf(tenant), 'user', null);
    expect(shown(first)).toEqual([]);
    await expect.poll(() => shown(second)).toEqual([]);
  });

  it('describes a type once, and records it', async () => {
    const catalog = await startCatalog();
    const describe = (type: string, text: string | null) => catalog.describeType(authorOf(tenant), type, text);
    for (const text of ['x', 'x', null, null]) await describe('user', text);
    const audited = `SELECT operation, tenant_id AS tenant FROM atlas.audit WHERE tenant_id = ${tenant}`;
    expect(await onHome(audited)).toEqual(Array(2).fill({ operation: 'DESCRIBE_ENTITY_TYPE', tenant }));
    const bad = (message: string) => ({ code: 'BAD_USER_INPUT', message: expect.stringContaining(message) });
    await expect(describe('no name', 'x')).rejects.toMatchObject(bad('is not a valid entity type'));
    await expect(describe('user', 'x'.repeat(2_001))).rejects.toMatchObject(
      bad('has 2001 characters; the limit is 2000'),
    );
    await expect(describe('user', 'x\0')).rejects.toMatchObject(bad('has a NUL character'));
  });

  it('bounds the types that a tenant describes', async () => {
    await onHome(`INSERT INTO atlas.entity_type (tenant_id, type, description)
      SELECT ${tenant}, 't' || n, 'x' FROM generate_series(1, 1000) n`);
    const catalog = await startCatalog();
    const describe = (type: string, text: string | null) => catalog.describeType(authorOf(tenant), type, text);
    await expect(describe('one_more', 'x')).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    expect(catalog.usage(tenant).describedTypes).toEqual({ used: 1_000, limit: 1_000 });
    await describe('t1', 'y');
    await describe('t2', null);
    await describe('one_more', 'x');
  });

  it('starts from a copy while the home is down, refuses to define, and follows the home once it is back', async () => {
    const first = await startCatalog();
    await first.define(authorOf(tenant), [{ key: 'copied', type: 'TEXT' }]);
    const copied = `SELECT FROM atlas.attribute_definition WHERE tenant_id = ${tenant}`;
    await first.describeType(authorOf(tenant), 'copied', 'too');
    const described = `SELECT FROM atlas.entity_type WHERE tenant_id = ${tenant}`;
    for (const text of [copied, described]) {
      await expect.poll(async () => (await pools[1]?.query({ tenant, text, values: [] }))?.length).toBe(1);
    }
    await first.stop();
    await clusters[0]?.primary.stop('immediate');
    const catalog = await startCatalog();
    expect(catalog.forTenant(tenant).byKey('copied')?.type).toBe('TEXT');
    expect([...catalog.forTenant(tenant).typeDescriptions]).toEqual([['copied', 'too']]);
    await expect(catalog.define(authorOf(tenant), [{ key: 'new', type: 'TEXT' }])).rejects.toMatchObject({
      code: 'SHARD_UNAVAILABLE',
    });
    await clusters[0]?.primary.start();
    await expect
      .poll(() => catalog.define(authorOf(tenant), [{ key: 'new', type: 'TEXT' }]).catch(() => []), { timeout: 10_000 })
      .toHaveLength(1);
  });
});
