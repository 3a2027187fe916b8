import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PostgresPool } from '../../../../src/connections/postgres/postgres-pool.ts';
import { PostgresEntityReader } from '../../../../src/datasources/postgres/reading/postgres-entity-reader.ts';
import { type EntityRows, entityPage } from '../../../../src/datasources/questions/entity-page.ts';
import type { EntityPageQuery } from '../../../../src/domain/filter/page-position.ts';
import { attribute } from '../../../support/domain.ts';
import { startPostgresCluster, type TestCluster } from '../../../support/postgres-cluster.ts';
import { primaryPool } from '../../../support/postgres-pools.ts';
import { postgresQuery } from '../../../support/postgres-query.ts';

const ENTITIES = 60_000;
const PAGE = 49;

const title = attribute({ id: 4, key: 'title', type: 'TEXT' });
const price = attribute({ id: 5, key: 'price' });
const stars = attribute({ id: 6, key: 'stars', hotColumn: 'number_1' });
const former = attribute({ id: 7, key: 'former' });

/** Each title is `Report <md5> of <one of 60> No.<id>`. Each entity has one of 1,000 prices and of 10 stars, and the older half what later ones lack. */
const FILL = `
  INSERT INTO atlas.entity (tenant_id, entity_id, type, version, created_at, updated_at, number_1, attributes)
  SELECT 1, i, 'doc', 1, now(), now(), i % 10, jsonb_build_object('4', 'Report ' || md5(i::text) || ' of ' || abs(hashint4(i)) % 60 || ' No.' || i, '5', i * 7919 % 1000, '6', i % 10) || CASE WHEN i <= ${ENTITIES / 2} THEN '{"7": 1}' ELSE '{}' END::jsonb
  FROM generate_series(1, ${ENTITIES}) i;
  INSERT INTO atlas.entity_attribute (tenant_id, entity_id, attribute_id, value_text) SELECT 1, entity_id, 4, attributes ->> '4' FROM atlas.entity;
  INSERT INTO atlas.entity_attribute (tenant_id, entity_id, attribute_id, value_number) SELECT 1, entity_id, 5, (attributes -> '5')::float8 FROM atlas.entity;
  INSERT INTO atlas.entity_attribute (tenant_id, entity_id, attribute_id, value_number) SELECT 1, entity_id, 7, 1 FROM atlas.entity WHERE attributes ? '7';
  INSERT INTO atlas.shard (shard_id, placement, cluster_id, heartbeat_at, heartbeat_lsn) VALUES ('s0', 'by hash over s0', gen_random_uuid(), now(), '0/64');
  ANALYZE;
  VACUUM atlas.entity;
  VACUUM atlas.entity_attribute`;

describe('entities with a part of a text', () => {
  let cluster: TestCluster;
  let pool: PostgresPool;
  const sql = (text: string) => postgresQuery<Record<string, string>>(cluster.endpoints.primary, text);

  beforeAll(async () => {
    cluster = await startPostgresCluster();
    pool = primaryPool(cluster.endpoints, { actAs: 'atlas_serve', size: 1, statementTimeoutMs: 60_000 });
    for (const text of FILL.split(';')) await sql(text);
  }, 120_000);
  afterAll(async () => {
    await pool?.close();
    await cluster?.stop();
  });

  /** How often entities were looked up by their key or read in an order, and the trigrams were used, since the server started. */
  async function reads(): Promise<{ entities: number; trigrams: number }> {
    await pool.query({ text: 'SELECT pg_stat_force_next_flush()', values: [] });
    await pool.query({ text: 'SELECT 1', values: [] });
    const [found] = await sql(`SELECT
      (SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) FROM pg_stat_user_tables WHERE relname LIKE 'entity\\_p_') AS entities,
      (SELECT sum(idx_scan) FROM pg_stat_user_indexes WHERE indexrelname LIKE '%_by_trigrams') AS trigrams`);
    return { entities: Number(found?.entities), trigrams: Number(found?.trigrams) };
  }

  async function page(part: string, given: Pick<EntityPageQuery, 'order' | 'from' | 'direction'>) {
    const filter = { kind: 'attribute', attribute: title, predicate: { operator: 'contains', operand: part } } as const;
    const question = entityPage({ tenantId: 1, type: 'doc', filter, limit: PAGE, ...given });
    const before = await reads();
    const { data } = await new PostgresEntityReader(pool).ask(question, new AbortController().signal);
    const after = await reads();
    const { rows }: EntityRows = question.merge([data]);
    return {
      ...{ rows, ids: rows.map(({ position }) => position.id) },
      ...{ entities: after.entities - before.entities, trigrams: after.trigrams - before.trigrams },
    };
  }

  describe.each([
    ['a number', price, 'DESC', 'i * 7919 % 1000 DESC'],
    ['a number, ascending', price, 'ASC', 'i * 7919 % 1000'],
    ['a hot number', stars, 'DESC', 'i % 10 DESC'],
    ['a hot number, ascending', stars, 'ASC', 'i % 10'],
  ] as const)('in the order of %s', (_name, by, direction, orderBy) => {
    const order = [{ kind: 'attribute', attribute: by, direction }] as const;
    /** Of all that have the part, in order. */
    const idsOf = async (part: string): Promise<(string | undefined)[]> => {
      const rows =
        await sql(`SELECT i AS id FROM (SELECT entity_id AS i, attributes ->> '4' AS title FROM atlas.entity) t
        WHERE strpos(title, '${part}') > 0 ORDER BY ${orderBy}, i`);
      return rows.map(({ id }) => id);
    };

    it('are pages after a longer walk if one in sixty has the part', async () => {
      const ids = await idsOf('of 23 No.');
      let from: EntityPageQuery['from'] = null;
      for (let n = 0; n < 3; n++) {
        const read: Awaited<ReturnType<typeof page>> = await page('of 23 No.', { order, from, direction: 'FORWARD' });
        expect(read.ids).toEqual(ids.slice(n * PAGE, (n + 1) * PAGE));
        from = read.rows.at(-1)?.position ?? null;
        expect(read.trigrams).toBe(0);
        expect(read.entities).toBeLessThan(20_000);
      }
      const back = await page('of 23 No.', { order, from, direction: 'BACKWARD' });
      expect(back.ids).toEqual(ids.slice(2 * PAGE - 1, 3 * PAGE - 1));
    });

    it('are found by a rare part without reading the others, whether or not they have the number', async () => {
      const read = await page('No.4711', { order, from: null, direction: 'FORWARD' });
      expect(read.ids).toEqual(await idsOf('No.4711'));
      expect(read.trigrams).toBeGreaterThan(0);
      expect(read.entities).toBeLessThan(10_000);
    });
  });

  it('are found among those that lack the attribute, if many have the part and none of those that come first lacks it', async () => {
    const order = [{ kind: 'attribute', attribute: former, direction: 'ASC' }] as const;
    const read = await page('Report', { order, from: { values: [null], id: '7' }, direction: 'FORWARD' });
    expect(read.ids).toEqual(Array.from({ length: PAGE }, (_, n) => String(ENTITIES / 2 + 1 + n)));
    expect(read.entities).toBeLessThan(ENTITIES * 0.6);
  });
});
