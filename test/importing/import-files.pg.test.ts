import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PostgresPool } from '../../src/connections/postgres/postgres-pool.ts';
import { PostgresAttributeCatalog } from '../../src/datasources/postgres/catalog/postgres-attribute-catalog.ts';
import { PostgresEntityWriter } from '../../src/datasources/postgres/writing/postgres-entity-writer.ts';
import { loadSampleData, SAMPLE_ENTITY_COUNT } from '../../src/importing/sample-data/load-sample-data.ts';
import { HOT_SAMPLE_ATTRIBUTES } from '../../src/importing/sample-data/sample-attributes.ts';
import { SAMPLE_DATASETS, vegaFile } from '../../src/importing/sample-data/sample-datasets.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { migrateShards } from '../../src/migration/migrate-shards.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { ShardMap } from '../../src/sharding/shard-map.ts';
import { AMPLE_QUOTA } from '../support/catalog-quota.ts';
import { startPostgresCluster, type TestCluster } from '../support/postgres-cluster.ts';
import { temporaryDirectory } from '../support/run-directory.ts';
import { type ImportPathsRequest, importPaths } from './import-paths.ts';

const logger = createLogger('silent');
const limits = { maxValueBytes: 1_048_576, maxAttributesPerEntity: 2_000 };

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

  it('loads the sample data with the three hot attributes in the columns that share an index, continues where it stopped, and loads it only once', async () => {
    const request = { tenantId, catalog, writer, limits };
    const controller = new AbortController();
    const cutOff = await loadSampleData({
      ...request,
      signal: controller.signal,
      onProgress: ({ entities }) => entities > 5_000 && controller.abort(),
    });
    expect(cutOff.stopped).toBe(true);
    expect(cutOff.entities).toBeGreaterThan(0);
    expect(cutOff.entities).toBeLessThan(20_000);
    expect(await loadSampleData(request)).toMatchObject({ entities: SAMPLE_ENTITY_COUNT, stopped: false });

    const known = catalog.forTenant(tenantId);
    expect(HOT_SAMPLE_ATTRIBUTES.map(({ key }) => known.byKey(key)?.hotColumn)).toEqual([
      'text_1',
      'text_2',
      'number_1',
      'timestamp_1',
    ]);
    const counts = await onAllShards<{ type: string; count: string }>(
      'SELECT type, count(*) FROM atlas.entity WHERE tenant_id = $1 GROUP BY type',
    );
    const loaded = new Map<string, number>();
    for (const { type, count } of counts) loaded.set(type, (loaded.get(type) ?? 0) + Number(count));
    expect(Object.fromEntries(loaded)).toEqual(
      Object.fromEntries(SAMPLE_DATASETS.map(({ type, entities }) => [type, entities])),
    );
    const active = await onAllShards(
      `SELECT entity_id FROM atlas.entity WHERE tenant_id = $1 AND type = 'user' AND text_1 = 'active' AND text_2 = 'US' AND number_1 > 80`,
    );
    expect(active.length).toBeGreaterThan(100);

    const versions = 'SELECT max(version) FROM atlas.entity WHERE tenant_id = $1';
    const before = await onAllShards(versions);
    expect(await loadSampleData(request)).toMatchObject({ entities: SAMPLE_ENTITY_COUNT });
    expect(await onAllShards(versions)).toEqual(before);
  }, 120_000);

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
