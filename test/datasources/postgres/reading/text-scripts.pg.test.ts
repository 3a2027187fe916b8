import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PostgresPool } from '../../../../src/connections/postgres/postgres-pool.ts';
import { PostgresEntityReader } from '../../../../src/datasources/postgres/reading/postgres-entity-reader.ts';
import { search } from '../../../../src/datasources/questions/search.ts';
import { MATCH_ALL } from '../../../../src/domain/filter/filter.ts';
import { searchWords } from '../../../../src/domain/search/search-words.ts';
import { migrateShard } from '../../../../src/migration/migrate-shard.ts';
import { migrationsDirectory, readMigrations } from '../../../../src/migration/migration-files.ts';
import { attribute } from '../../../support/domain.ts';
import { startPostgresCluster, type TestCluster } from '../../../support/postgres-cluster.ts';
import { primaryPool } from '../../../support/postgres-pools.ts';
import { postgresQuery } from '../../../support/postgres-query.ts';
import { lettersMissed } from '../../support/letters-missed.ts';

/** As a server in production has it, of which letters beyond ASCII are letters to the index on trigrams. */
const CTYPE = 'C.utf8';
const isKnown = spawnSync('locale', ['-a'], { encoding: 'utf8' }).stdout?.split('\n').includes(CTYPE) === true;
const address = attribute({ id: 4, key: 'address', type: 'TEXT' });

describe.skipIf(!isKnown)(`texts of other scripts, with the LC_CTYPE ${CTYPE}`, () => {
  let cluster: TestCluster;
  let pool: PostgresPool;
  let database = '';
  const run = (text: string) => pool.query<{ n: string }>({ text, values: [], tenant: 1 });

  beforeAll(async () => {
    cluster = await startPostgresCluster({ migrated: false });
    const { primary } = cluster.endpoints;
    await postgresQuery(
      primary,
      `CREATE DATABASE scripts TEMPLATE template0 LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LC_COLLATE 'C' LC_CTYPE '${CTYPE}'`,
    );
    database = primary.replace(/[^/]*$/, 'scripts');
    pool = primaryPool({ ...cluster.endpoints, primary: database }, { size: 1 });
    await migrateShard(pool, readMigrations(migrationsDirectory('postgres')));
    await run(
      `INSERT INTO atlas.shard (shard_id, placement, cluster_id, heartbeat_at, heartbeat_lsn) VALUES ('s0', 'by hash over s0', gen_random_uuid(), now(), '0/64')`,
    );
    await run(`INSERT INTO atlas.entity (tenant_id, entity_id, type, version, created_at, updated_at, attributes)
      SELECT 1, i, 'place', 1, now(), now(), jsonb_build_object('4', (ARRAY['улица', 'проспект', 'площадь'])[1 + i % 3] || ' ' || (ARRAY['Москва', 'Саратов'])[1 + i % 2] || ' ' || i
        || CASE i WHEN 4711 THEN ' Восток' WHEN 4712 THEN ' в\u1C82сток' WHEN 4713 THEN ' 東京都' WHEN 4714 THEN ' Kiosk' ELSE '' END)
      FROM generate_series(1, 20000) i`);
    await run(
      `INSERT INTO atlas.entity_attribute (tenant_id, entity_id, attribute_id, value_text) SELECT 1, entity_id, 4, attributes ->> '4' FROM atlas.entity`,
    );
    await run('ANALYZE atlas.entity');
    await run('ANALYZE atlas.entity_attribute');
  }, 120_000);
  afterAll(async () => {
    await pool?.close();
    await cluster?.stop();
  });

  async function readRows(): Promise<number> {
    await run('SELECT pg_stat_force_next_flush()');
    await run('SELECT 1');
    const [read] = await run(`SELECT (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes)
      + (SELECT sum(seq_tup_read) FROM pg_stat_user_tables WHERE relname LIKE 'entity%') AS n`);
    return Number(read?.n);
  }

  it('are not missed for any letter', async () => {
    expect(await lettersMissed(database)).toEqual([]);
  }, 60_000);

  it.each([
    ['восток', ['4711', '4712']],
    ['ВОСТ*', ['4711', '4712']],
    ['саратов восток', ['4711']],
    ['東京都', ['4713']],
    ['kio*', ['4714']],
  ])('are searched for %s without reading the others', async (text, ids) => {
    const question = search({
      ...{ tenantId: 1, type: null, filter: MATCH_ALL, attributes: [address], from: null, limit: 50 },
      words: searchWords(text, 10),
    });
    const before = await readRows();
    const { data } = await new PostgresEntityReader(pool).ask(question, new AbortController().signal);
    expect(data.map(({ entity }) => entity.id).sort()).toEqual(ids);
    expect((await readRows()) - before).toBeLessThan(1_000);
  });
});
