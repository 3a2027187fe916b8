import { rmSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PostgresPool } from '../../src/connections/postgres/postgres-pool.ts';
import type { ShardEndpoints } from '../../src/domain/shard.ts';
import { migrateShards } from '../../src/migration/migrate-shards.ts';
import { migrationsDirectory, readMigrations } from '../../src/migration/migration-files.ts';
import { verifyShards } from '../../src/migration/shard-identity.ts';
import { readSigningKey } from '../../src/migration/signing-key.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { startPostgresCluster, type TestCluster } from '../support/postgres-cluster.ts';
import { temporaryDirectory } from '../support/run-directory.ts';

const options = { connectTimeoutMs: 2_000, logger: createLogger('silent') };
const allFiles = readMigrations(migrationsDirectory('postgres')).map(({ name }) => name);

function pool(shard: string, role: 'primary' | 'replica', url: string): PostgresPool {
  return new PostgresPool({
    shard,
    role,
    url,
    size: 2,
    statementTimeoutMs: 10_000,
    applicationName: 'atlas-test',
    ...options,
  });
}

const placement = { kind: 'hash' } as const;
const PLACED = 'by hash over s0, s1';

describe('migrating the shards', () => {
  let directory: string | null = null;
  let clusters: TestCluster[] = [];
  let shards: ShardEndpoints[] = [];
  let pools: PostgresPool[] = [];
  const [s0, s1] = [0, 1];

  const query = async (shard: number, text: string, values: unknown[] = []) =>
    (await pools[shard]?.query<Record<string, unknown>>({ text, values })) ?? [];
  const define = (id: number, key: string) =>
    query(s0, 'INSERT INTO atlas.attribute_definition (attribute_id, tenant_id, key, type) VALUES ($1, 1, $2, $3)', [
      id,
      key,
      'TEXT',
    ]);
  const keysOn = async (shard: number) =>
    (await query(shard, 'SELECT key FROM atlas.attribute_definition ORDER BY attribute_id')).map(({ key }) => key);

  beforeAll(async () => {
    clusters = await Promise.all(
      ['s0', 's1'].map((shard) =>
        startPostgresCluster({ shard, migrated: false, settings: { wal_retrieve_retry_interval: '100ms' } }),
      ),
    );
    shards = clusters.map(({ endpoints }) => endpoints);
    pools = shards.map(({ id, primary }) => pool(id, 'primary', primary));
  });
  afterAll(async () => {
    await Promise.all(pools.map((open) => open.close()));
    await Promise.all(clusters.map((cluster) => cluster.stop()));
    if (directory !== null) rmSync(directory, { recursive: true });
  });

  it('rejects servers that were never migrated when only verifying them', async () => {
    await expect(verifyShards(pools, PLACED)).rejects.toThrow('is not set up; run "atlas migrate".');
  });

  it('applies every file once to every shard, even if several processes migrate concurrently', async () => {
    const reports = await Promise.all(Array.from({ length: 4 }, () => migrateShards({ shards, placement }, options)));
    for (const shard of ['s0', 's1']) {
      expect(reports.flatMap(({ applied }) => applied.get(shard) ?? []).sort()).toEqual(allFiles);
    }
    expect(new Set(reports.map(({ clusterId }) => clusterId)).size).toBe(1);
    expect(await query(s1, 'SELECT shard_id FROM atlas.shard')).toEqual([{ shard_id: 's1' }]);
  });

  it('does nothing when it runs again', async () => {
    const { applied, clusterId } = await migrateShards({ shards, placement }, options);
    expect([...applied.values()].flat()).toEqual([]);
    expect(await verifyShards(pools, PLACED)).toBe(clusterId);
  });

  it('verifies the servers that answer, and fails if none does', async () => {
    const lost = pool('s1', 'primary', 'postgres://postgres@127.0.0.1:1/postgres');
    const [home] = pools;
    expect(await verifyShards(home === undefined ? [] : [lost, home], PLACED)).toBe(await verifyShards(pools, PLACED));
    await expect(verifyShards([lost], PLACED)).rejects.toMatchObject({ code: 'SHARD_UNAVAILABLE' });
    await lost.close();
  });

  it('gives all shards one signing key, and a shard that lost it the same key again', async () => {
    const key = await readSigningKey(pools);
    expect(key.symmetricKeySize).toBe(32);
    for (const lost of [s1, s0]) {
      await query(lost, 'DELETE FROM atlas.signing_key');
      const other = pools[1 - lost];
      expect((await readSigningKey(pools)).equals(key)).toBe(true);
      await expect(readSigningKey(pools.filter((pool) => pool !== other))).rejects.toThrow(
        'No server that answers has the signing key; run "atlas migrate".',
      );
      await Promise.all([migrateShards({ shards, placement }, options), migrateShards({ shards, placement }, options)]);
      expect((await readSigningKey(pools.filter((pool) => pool !== other))).equals(key)).toBe(true);
    }
  });

  it('refuses shards with different signing keys, and says how to go on, but not the keys', async () => {
    const [held] = await query(s1, 'SELECT key FROM atlas.signing_key');
    const foreign = Buffer.alloc(32, 1);
    await query(s1, 'UPDATE atlas.signing_key SET key = $1', [foreign]);
    const refusal =
      'Shard s1 has another signing key than shard s0; to use that of shard s0, delete the row of atlas.signing_key on shard s1 and run "atlas migrate".';
    await expect(readSigningKey(pools)).rejects.toMatchObject({ message: refusal });
    await expect(migrateShards({ shards, placement }, options)).rejects.toMatchObject({ message: refusal });
    expect(await query(s1, 'SELECT key FROM atlas.signing_key')).toEqual([{ key: foreign }]);
    await query(s1, 'DELETE FROM atlas.signing_key');
    await migrateShards({ shards, placement }, options);
    expect(await query(s1, 'SELECT key FROM atlas.signing_key')).toEqual([held]);
  });

  it('skips servers that do not answer, or do not have the table yet, when it reads the signing key', async () => {
    const lost = pool('s1', 'primary', 'postgres://postgres@127.0.0.1:1/postgres');
    const [home] = pools;
    if (home === undefined) throw new Error('no shards');
    expect((await readSigningKey([lost, home])).equals(await readSigningKey(pools))).toBe(true);
    await query(s1, 'ALTER TABLE atlas.signing_key RENAME TO later');
    expect((await readSigningKey(pools)).equals(await readSigningKey([home]))).toBe(true);
    await query(s1, 'ALTER TABLE atlas.later RENAME TO signing_key');
    await lost.close();
  });

  it('rejects a replica of another shard', async () => {
    const stray = pool('s1', 'replica', shards[s0]?.primary ?? '');
    await expect(verifyShards([...pools, stray], PLACED)).rejects.toThrow(
      'The replica of shard s1 in ATLAS_SHARDS is a server of shard s0; correct its URL.',
    );
    await stray.close();
  });

  it('replicates definitions from the home shard to the other', async () => {
    await define(1, 'colour');
    await expect.poll(() => keysOn(s1), { timeout: 10_000 }).toEqual(['colour']);
  });

  it('copies the catalog again if the home lost the subscription', async () => {
    await query(s1, 'ALTER SUBSCRIPTION atlas_catalog DISABLE');
    const drop = "SELECT pg_drop_replication_slot('atlas_catalog_s1')";
    await expect.poll(() => query(s0, drop).then(() => 'dropped', String), { timeout: 10_000 }).toBe('dropped');
    await define(2, 'size');
    await migrateShards({ shards, placement }, options);
    await expect.poll(() => keysOn(s1), { timeout: 10_000 }).toEqual(['colour', 'size']);
    await define(3, 'weight');
    await expect.poll(() => keysOn(s1), { timeout: 10_000 }).toEqual(['colour', 'size', 'weight']);
  });

  it('copies a table of the catalog that is newer than the subscription', async () => {
    await query(s0, 'ALTER PUBLICATION atlas_catalog DROP TABLE atlas.entity_type');
    await query(s1, 'ALTER SUBSCRIPTION atlas_catalog REFRESH PUBLICATION');
    await query(s0, 'ALTER PUBLICATION atlas_catalog ADD TABLE atlas.entity_type');
    const describe = (type: string) =>
      query(s0, 'INSERT INTO atlas.entity_type (tenant_id, type, description) VALUES (1, $1, $1)', [type]);
    await describe('before');
    await Promise.all([migrateShards({ shards, placement }, options), migrateShards({ shards, placement }, options)]);
    await describe('after');
    const types = async () =>
      (await query(s1, 'SELECT type FROM atlas.entity_type ORDER BY revision')).map((row) => row.type);
    await expect.poll(types, { timeout: 10_000 }).toEqual(['before', 'after']);
    expect(await keysOn(s1)).toEqual(['colour', 'size', 'weight']);
  });

  it('rejects a different order of the shards, because the first is the home of the catalog', async () => {
    const placedAs = (text: string) =>
      Promise.all([s0, s1].map((shard) => query(shard, 'UPDATE atlas.shard SET placement = $1', [text])));
    await placedAs('by ranges');
    const ranges = { kind: 'range', ranges: [{ from: '1', shard: 's1' }] } as const;
    await expect(migrateShards({ shards: [...shards].reverse(), placement: ranges }, options)).rejects.toThrow(
      'Shard s1 cannot be the first of ATLAS_SHARDS',
    );
    await placedAs(PLACED);
  });

  it('rejects a shard whose schema is older than this version', async () => {
    const newest = allFiles.length;
    const [record] = await query(s1, 'DELETE FROM atlas.schema_migration WHERE number = $1 RETURNING *', [newest]);
    await expect(verifyShards(pools, PLACED)).rejects.toThrow(
      `The schema of shard s1 is at migration ${newest - 1}; this version of Atlas needs ${newest}; run "atlas migrate".`,
    );
    await query(s1, 'INSERT INTO atlas.schema_migration VALUES ($1, $2, $3, $4)', Object.values(record ?? {}));
  });

  it('rejects a placement that differs from the stored one', async () => {
    const refusal =
      'ATLAS_SHARDS places entities by hash over s0, but this installation places them by hash over s0, s1; list the same shards in the same order.';
    await expect(verifyShards(pools, 'by hash over s0')).rejects.toThrow(refusal);
    await expect(migrateShards({ shards: shards.slice(0, 1), placement }, options)).rejects.toThrow(refusal);
  });

  it('rejects a server that belongs to another shard', async () => {
    const [first] = shards;
    const swapped = shards.map(({ id }) => ({ id, primary: first?.primary ?? '', replicas: [] }));
    await expect(migrateShards({ shards: swapped, placement }, options)).rejects.toThrow(
      'The primary of shard s1 in ATLAS_SHARDS is a server of shard s0; correct its URL.',
    );
  });

  it('keeps migrations applied before a file that fails, and applies that file once it is corrected', async () => {
    directory = temporaryDirectory('migrations');
    const write = (name: string, text: string) => writeFileSync(`${directory}/${name}`, text);
    const migrate = async () =>
      migrateShards({ shards, placement }, options, readMigrations(pathToFileURL(`${directory}/`)));
    for (const file of readMigrations(migrationsDirectory('postgres'))) write(file.name, file.text);
    const next = String(allFiles.length + 1).padStart(4, '0');
    const last = String(allFiles.length + 2).padStart(4, '0');
    write(`${next}_good.sql`, 'CREATE TABLE atlas.good (x int); INSERT INTO atlas.good VALUES (1);');
    write(`${last}_bad.sql`, 'CREATE TABLE atlas.bad (x int); SELECT 1 / 0;');
    await expect(migrate()).rejects.toThrow('division by zero');
    const tables = "SELECT to_regclass('atlas.good') IS NOT NULL AS good, to_regclass('atlas.bad') IS NOT NULL AS bad";
    expect(await query(s0, tables)).toEqual([{ good: true, bad: false }]);
    write(`${last}_bad.sql`, 'CREATE TABLE atlas.bad (x int);');
    expect((await migrate()).applied.get('s0')).toEqual([`${last}_bad.sql`]);
    write(`${next}_good.sql`, 'SELECT 1;');
    await expect(migrate()).rejects.toThrow(`Migration ${next}_good.sql was changed after it was applied to shard s0`);
    rmSync(`${directory}/${next}_good.sql`);
    await expect(migrate()).rejects.toThrow('numbers must be consecutive');
  });
});
