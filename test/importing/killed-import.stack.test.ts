import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PostgresPool } from '../../src/connections/postgres/postgres-pool.ts';
import { eraseTenantFromShard } from '../../src/datasources/postgres/erasing/tenant-eraser.ts';
import { PostgresImportCheckpoints } from '../../src/datasources/postgres/importing/postgres-import-checkpoints.ts';
import { migrateShards } from '../../src/migration/migrate-shards.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { AtlasProcess, killAtlasProcesses } from '../support/atlas-process.ts';
import { authorOf } from '../support/author.ts';
import { blocksUnder } from '../support/documented-commands.ts';
import { startPostgresCluster, type TestCluster } from '../support/postgres-cluster.ts';
import { temporaryDirectory } from '../support/run-directory.ts';

const ROWS = 5_000;
const logger = createLogger('silent');
let clusters: TestCluster[] = [];
let primaries: PostgresPool[] = [];
let folder: string;
let ATLAS_SHARDS: string;

beforeAll(async () => {
  folder = temporaryDirectory('killed-import');
  clusters = await Promise.all(['s0', 's1'].map((shard) => startPostgresCluster({ shard, migrated: false })));
  const shards = clusters.map(({ endpoints }) => endpoints);
  ATLAS_SHARDS = JSON.stringify({ shards });
  await migrateShards({ shards, placement: { kind: 'hash' } }, { connectTimeoutMs: 5_000, logger });
  primaries = shards.map(
    ({ id, primary }) =>
      new PostgresPool({
        ...{ shard: id, role: 'primary', url: primary, size: 2, connectTimeoutMs: 5_000, statementTimeoutMs: 20_000 },
        ...{ applicationName: 'atlas-test', logger },
      }),
  );
});
afterAll(async () => {
  await killAtlasProcesses();
  for (const pool of primaries) await pool.close();
  for (const cluster of clusters) await cluster.stop();
  rmSync(folder, { recursive: true, force: true });
});

const run = (file: string) => new AtlasProcess(['import', file, '--key', 'n'], join(folder, 'home'), { ATLAS_SHARDS });
async function onAll<Row extends object>(text: string): Promise<Row[]> {
  return (await Promise.all(primaries.map((one) => one.query<Row>({ text, values: [] })))).flat();
}
const sum = async (text: string) =>
  (await onAll<{ count: string }>(text)).reduce((all, { count }) => all + Number(count), 0);

it('an import that is killed with SIGKILL continues where it was, and is complete', async () => {
  const file = join(folder, 'numbers.ndjson');
  // Wide rows, so that there are many batches.
  const wide = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`w${index}`, index]));
  writeFileSync(file, Array.from({ length: ROWS }, (_, n) => JSON.stringify({ n, ...wide })).join('\n'));
  const first = run(file);
  while ((await sum('SELECT count(*) FROM atlas.import_progress')) < 2) await sleep(20);
  first.signal('SIGKILL');
  expect(await first.exit()).toBeNull();
  // What was sent before is still written.
  const busy = `SELECT count(*) FROM pg_stat_activity WHERE application_name = 'atlas import'`;
  while ((await sum(busy)) > 0) await sleep(20);
  const [noted] = await onAll<{ import: string; rows: string }>('SELECT import, rows FROM atlas.import_progress');
  const written = await sum('SELECT count(*) FROM atlas.entity');
  expect(Number(noted?.rows)).toBeLessThanOrEqual(written);
  expect(written).toBeLessThan(ROWS);

  // What one shard has lost, it has not noted either: then everything is written.
  const checkpoints = new PostgresImportCheckpoints(primaries);
  const id = noted?.import ?? '';
  const stored = await checkpoints.read(1, id);
  await primaries[1]?.query({ text: 'UPDATE atlas.import_progress SET rows = 1', values: [] });
  expect(await checkpoints.read(1, id)).toMatchObject({ rows: 1 });
  await primaries[1]?.query({ text: 'DELETE FROM atlas.import_progress', values: [] });
  expect(await checkpoints.read(1, id)).toBeNull();
  await checkpoints.write(1, id, stored ?? { rows: 0, refused: [] });

  const second = run(file);
  expect(await second.exit()).toBe(0);
  const masked = (text: string) =>
    text
      .replaceAll(`${folder}/`, '')
      // Where it takes longer than five seconds.
      .replaceAll(/^.*: writing, .*\n/gm, '')
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'then')
      .replaceAll(/\d[\d,.]*/g, 'n')
      .trim();
  const [printed] = blocksUnder('docs/importing.md', '## An interrupted import', 'text');
  expect(masked(second.output)).toBe(masked(printed));
  const [, skipped = '0', created, unchanged] =
    /([0-9,]+) done before, ([0-9,]+) created, 0 updated, ([0-9,]+) unchanged, 0 rejected/.exec(second.output) ?? [];
  const number = (text = '') => Number(text.replaceAll(',', ''));
  expect(number(skipped)).toBeGreaterThanOrEqual(stored?.rows ?? 0);
  expect(number(skipped) + number(created) + number(unchanged)).toBe(ROWS);
  expect(number(created)).toBe(ROWS - written);
  expect(await sum('SELECT count(*) FROM atlas.entity WHERE version = 1')).toBe(ROWS);
  expect(await sum('SELECT count(*) FROM atlas.import_progress')).toBe(0);

  await checkpoints.write(1, id, { rows: ROWS, refused: [] });
  const [shard] = primaries;
  if (shard !== undefined) await eraseTenantFromShard(shard, authorOf(1), () => {}, new AbortController().signal);
  expect(await checkpoints.read(1, id)).toBeNull();
});
