import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PostgresPool } from '../../../src/connections/postgres/postgres-pool.ts';
import { startPostgresCluster, type TestCluster } from '../../support/postgres-cluster.ts';
import { primaryPool } from '../../support/postgres-pools.ts';
import { postgresQuery } from '../../support/postgres-query.ts';

const ENTITY = '(tenant_id, entity_id, type, version, created_at, updated_at, attributes)';

describe('the tenant of a statement', () => {
  let cluster: TestCluster;
  let serve: PostgresPool;
  let replicate: PostgresPool;
  const asOwner = <Row extends object>(text: string) => postgresQuery<Row>(cluster.endpoints.primary, text);

  beforeAll(async () => {
    cluster = await startPostgresCluster();
    serve = primaryPool(cluster.endpoints, { actAs: 'atlas_serve', size: 1 });
    replicate = primaryPool(cluster.endpoints, { actAs: 'atlas_replicate', size: 1 });
    await asOwner(`INSERT INTO atlas.entity ${ENTITY}
      SELECT tenant, id, 'user', 1, now(), now(), '{"7":"x"}' FROM generate_series(1, 2) tenant, generate_series(1, 3) id`);
    await asOwner(`INSERT INTO atlas.entity_attribute (tenant_id, entity_id, attribute_id, value_text)
      SELECT tenant_id, entity_id, 7, 'x' FROM atlas.entity`);
    await asOwner(`INSERT INTO atlas.attribute_definition (attribute_id, tenant_id, key, type)
      VALUES (7, 0, 'shared', 'TEXT'), (8, 1, 'first', 'TEXT'), (9, 2, 'second', 'TEXT')`);
  });
  afterAll(async () => {
    await Promise.all([serve?.close(), replicate?.close()]);
    await cluster?.stop();
  });

  const count = async (table: string, tenant?: number | 'all', pool = serve) => {
    const statement = { text: `SELECT count(*)::integer AS count FROM atlas.${table}`, values: [] };
    const [row] = await pool.query<{ count: number }>(tenant === undefined ? statement : { ...statement, tenant });
    return row?.count;
  };

  it.each(['entity', 'entity_attribute'])('limits a statement without a condition on %s to its rows', async (table) => {
    expect(await count(table, 1)).toBe(3);
    expect(await count(table, 2)).toBe(3);
    expect(await count(table, 3)).toBe(0);
    expect(await count(table, 'all')).toBe(0);
    expect(await count(table)).toBe(0);
  });
});
