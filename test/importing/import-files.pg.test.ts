import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PostgresPool } from '../../src/connections/postgres/postgres-pool.ts';
import { PostgresAttributeCatalog } from '../../src/datasources/postgres/catalog/postgres-attribute-catalog.ts';
import { PostgresEntityWriter } from '../../src/datasources/postgres/writing/postgres-entity-writer.ts';
import { loadSampleData, type SampleDataProgress } from '../../src/importing/sample-data/load-sample-data.ts';
import { HOT_SAMPLE_ATTRIBUTES } from '../../src/importing/sample-data/sample-attributes.ts';
import { vegaFile } from '../../src/importing/sample-data/sample-datasets.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { migrateShards } from '../../src/migration/migrate-shards.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { ShardMap } from '../../src/sharding/shard-map.ts';
import { AMPLE_QUOTA } from '../support/catalog-quota.ts';
import { startPostgresCluster, type TestCluster } from '../support/postgres-cluster.ts';
import { temporaryDirectory } from '../support/run-directory.ts';
import { type ImportPathsRequest, importPaths } from './import-paths.ts';

const logger = createLogger('silent');
const limits = { maxValueBytes: 1_048_576, maxListElements: 1_000, maxAttributesPerEntity: 2_000 };

describe('an import into two shards', () => {
  let clusters: TestCluster[] = [];
  let primaries: PostgresPool[] = [];
  let catalog: PostgresAttributeCatalog;
  let writer: PostgresEntityWriter;
  let folder: string;
  let tenantId = 0;

  beforeAll(async () => {
    folder = temporaryDirectory('import');
    clusters = await Promise.all(['s0', 's1'].map((shard) => startPostgresCluster({ shard, migrated: false })));
    const shards = clusters.map(({ endpoints }) => endpoints);
    await migrateShards({ shards, placement: { kind: 'hash' } }, { connectTimeoutMs: 5_000, logger });
    primaries = shards.map(
      ({ id, primary }) =>
        new PostgresPool({
          shard: id,
          role: 'primary',
          url: primary,
          size: 4,
          connectTimeoutMs: 1_000,
          statementTimeoutMs: 20_000,
          applicationName: 'atlas-test',
          logger,
        }),
    );
    const [home] = primaries;
    if (home === undefined) throw new Error('There is no home shard');
    catalog = new PostgresAttributeCatalog({
      home,
      homeUrl: shards[0]?.primary ?? '',
      copies: [],
      connectTimeoutMs: 1_000,
      quota: AMPLE_QUOTA,
      applicationName: 'atlas-test',
      logger,
    });
    await catalog.start();
    writer = new PostgresEntityWriter(
      new ShardMap(shards, { kind: 'hash' }),
      primaries,
      systemClock,
      {
        maxEntityBytes: 10_000,
      },
      catalog,
    );
  });
  beforeEach(() => {
    tenantId++;
  });
  afterAll(async () => {
    await catalog.stop();
    for (const pool of primaries) await pool.close();
    for (const cluster of clusters) await cluster.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function onAllShards<Row extends object>(text: string): Promise<Row[]> {
    const statement = { text, values: [tenantId] };
    return (await Promise.all(primaries.map((primary) => primary.query<Row>(statement)))).flat();
  }
  const run = (file: string, options: Partial<ImportPathsRequest> = {}) => {
    const copy = join(folder, file);
    if (!existsSync(copy)) copyFileSync(vegaFile(file), copy);
    return importPaths({ files: [copy], tenantId, catalog, writer, limits, ...options });
  };

  it.each([
    ['movies.json', 3201, {}],
    ['earthquakes.json', 1707, { keyColumns: ['code', 'net'] }],
    ['airports.csv', 3376, { keyColumns: ['iata'] }],
    ['unemployment.tsv', 3218, { idColumn: 'id' }],
    ['flights-3m.parquet', 3000, { limit: 3000, idBase: '1000' }],
  ])('loads %s, and changes nothing when it runs again', async (file, rows, options) => {
    const [first] = await run(file, options);
    expect(first).toMatchObject({ rows, created: rows, rejected: 0 });
    const before = await onAllShards('SELECT xmin, * FROM atlas.entity WHERE tenant_id = $1 ORDER BY entity_id');
    expect(before).toHaveLength(rows);

    const [second] = await run(file, options);
    expect(second).toMatchObject({ rows, created: 0, updated: 0, unchanged: rows, rejected: 0 });
    expect(await onAllShards('SELECT xmin, * FROM atlas.entity WHERE tenant_id = $1 ORDER BY entity_id')).toEqual(
      before,
    );
  });

  it('updates the entities of edited rows if rows have a key', async () => {
    await run('airports.csv', { keyColumns: ['iata'], type: 'airport' });
    const edited = join(folder, 'edited.csv');
    writeFileSync(edited, 'iata,name,note\n00M,Renamed,new\nZZZ,Added,new\n');
    const [summary] = await importPaths({
      files: [edited],
      tenantId,
      catalog,
      writer,
      limits,
      type: 'airport',
      keyColumns: ['iata'],
    });
    expect(summary).toMatchObject({ rows: 2, created: 1, updated: 1 });
  });

  it('finds entities by the key of their type, and takes their ids and references back from what was written', async () => {
    const author = { tenantId, subject: null };
    await catalog.define(author, [
      { key: 'iata', type: 'TEXT', unique: true, entityTypes: ['airport'] },
      { key: 'hub', type: 'REFERENCE', rules: { targetTypes: ['airport'] } },
    ]);
    const [first] = await run('airports.csv', { type: 'airport', limit: 300 });
    expect(first).toMatchObject({ rows: 300, created: 300, rejected: 0 });
    const edited = join(folder, 'edited-by-key.csv');
    writeFileSync(edited, 'iata,name\n00M,Renamed\nZZZ,Added\n,Lost\n');
    const given = { tenantId, catalog, writer, limits, type: 'airport' };
    const [second] = await importPaths({ ...given, files: [edited] });
    expect(second).toMatchObject({ rows: 3, created: 1, updated: 1, rejected: 1 });
    const rows = await onAllShards<{ id: string; attributes: Record<string, unknown> }>(
      'SELECT entity_id AS id, attributes FROM atlas.entity WHERE tenant_id = $1 ORDER BY entity_id LIMIT 20',
    );
    const known = catalog.forTenant(tenantId);
    const keyed = rows.map(({ id, attributes }) => ({
      id,
      iata: attributes[known.byKey('iata')?.id ?? 0],
      hub: rows[0]?.id,
    }));
    const back = join(folder, 'written.json');
    writeFileSync(back, JSON.stringify(keyed));
    const [third] = await importPaths({ ...given, files: [back], idColumn: 'id' });
    expect(third).toMatchObject({ rows: keyed.length, updated: keyed.length, rejected: 0 });
    const [fourth] = await importPaths({ ...given, files: [back], idColumn: 'id' });
    expect(fourth).toMatchObject({ unchanged: keyed.length });
    await expect(importPaths({ ...given, files: [back], idBase: '1' })).rejects.toThrow(
      'leave --key and --id-base out',
    );
  });

  it('rejects a row whose entity would be too large, and loads the others', async () => {
    const wide = join(folder, 'wide.json');
    const chunk = 'x'.repeat(900);
    const large = Object.fromEntries(Array.from({ length: 12 }, (_, n) => [`part_${n}`, chunk]));
    writeFileSync(wide, JSON.stringify([{ part_1: 'a' }, large, { part_2: 'b' }]));
    const [summary] = await importPaths({ files: [wide], tenantId, catalog, writer, limits });
    expect(summary).toMatchObject({ rows: 3, created: 2, rejected: 1 });
    const [rejected] = readFileSync(summary?.rejectFile ?? '', 'utf8')
      .trim()
      .split('\n');
    expect(JSON.parse(rejected ?? '')).toMatchObject({
      row: 2,
      code: 'LIMIT_EXCEEDED',
      reason: expect.stringContaining('the limit is 10000'),
    });
  });

  it('loads the sample data with the hot attributes in the columns that share an index, and continues where it stopped', async () => {
    const load = async (most: number) => {
      const controller = new AbortController();
      const onProgress = ({ entities }: SampleDataProgress) => entities > most && controller.abort();
      return loadSampleData({ tenantId, catalog, writer, limits, signal: controller.signal, onProgress });
    };
    const stored = async () => {
      const [s0, s1] = await onAllShards<{ count: number; version: number }>(
        'SELECT count(*)::integer AS count, max(version)::integer AS version FROM atlas.entity WHERE tenant_id = $1',
      );
      return { count: (s0?.count ?? 0) + (s1?.count ?? 0), version: Math.max(s0?.version ?? 0, s1?.version ?? 0) };
    };
    expect((await load(2_000)).stopped).toBe(true);
    const before = await stored();
    expect(before.count).toBeGreaterThan(0);
    expect((await load(before.count + 2_000)).stopped).toBe(true);
    const after = await stored();
    expect(after.count).toBeGreaterThan(before.count);
    expect(after).toMatchObject({ version: 1 });

    const known = catalog.forTenant(tenantId);
    expect(HOT_SAMPLE_ATTRIBUTES.map(({ key }) => known.byKey(key)?.hotColumn)).toEqual([
      'text_1',
      'text_2',
      'number_1',
      'timestamp_1',
    ]);
    const active = await onAllShards(
      `SELECT entity_id FROM atlas.entity WHERE tenant_id = $1 AND type = 'user' AND text_1 = 'active' AND text_2 = 'US' AND number_1 > 80`,
    );
    expect(active.length).toBeGreaterThan(10);
  });

  it('fails if a shard stays down, and continues once it is back', async () => {
    const away = clusters[1];
    if (away === undefined) throw new Error('There is no second shard');
    await away.primary.stop('immediate');
    try {
      await expect(run('movies.json', { retry: { retries: 1, firstMs: 10 } })).rejects.toMatchObject({
        code: 'SHARD_UNAVAILABLE',
        message: expect.stringContaining('run the same import again'),
      });
    } finally {
      await away.primary.start();
    }
    const [summary] = await run('movies.json');
    expect(summary).toMatchObject({ rows: 3201, rejected: 0 });
    expect(summary?.created).toBeGreaterThan(0);
    expect(summary?.unchanged).toBeGreaterThan(0);
  });
});
