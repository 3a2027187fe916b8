import { afterAll, expect, it } from 'vitest';
import { PostgresPool } from '../../../../src/connections/postgres/postgres-pool.ts';
import { PostgresEntityReader } from '../../../../src/datasources/postgres/reading/postgres-entity-reader.ts';
import { entitiesById } from '../../../../src/datasources/questions/entities-by-id.ts';
import { createLogger } from '../../../../src/observability/logger.ts';
import { startPostgresCluster, type TestCluster } from '../../../support/postgres-cluster.ts';
import { primaryPool } from '../../../support/postgres-pools.ts';
import { entityReaderConformance } from '../../entity-reader.conformance.ts';
import { recordInPostgres } from '../../support/fill-audit.ts';
import { fillPostgres } from '../../support/fill-postgres.ts';

let cluster: TestCluster;
let pool: PostgresPool;
let owner: PostgresPool;

afterAll(async () => {
  await Promise.all([pool?.close(), owner?.close()]);
  await cluster?.stop();
});

entityReaderConformance('Postgres', async () => {
  cluster = await startPostgresCluster();
  owner = primaryPool(cluster.endpoints);
  pool = new PostgresPool({
    shard: 's0',
    role: 'primary',
    url: cluster.endpoints.primary,
    actAs: 'atlas_serve',
    size: 2,
    connectTimeoutMs: 1_000,
    statementTimeoutMs: 5_000,
    applicationName: 'atlas-test',
    logger: createLogger('silent'),
  });
  await owner.query({
    text: `INSERT INTO atlas.shard (shard_id, placement, cluster_id, heartbeat_at, heartbeat_lsn)
           VALUES ('s0', 'by hash over s0', gen_random_uuid(), '2026-01-01T00:00:01.234567Z', '0/64')`,
    values: [],
  });
  return {
    reader: new PostgresEntityReader(pool),
    fill: (entities) => fillPostgres(owner, entities),
    record: (entries) => recordInPostgres(owner, entries),
  };
});

it('reads nothing from a server that holds another shard', async () => {
  const misnamed = new PostgresPool({
    shard: 's1',
    role: 'replica',
    url: cluster.endpoints.primary,
    size: 1,
    connectTimeoutMs: 1_000,
    statementTimeoutMs: 5_000,
    applicationName: 'atlas-test',
    logger: createLogger('silent'),
  });
  const question = entitiesById({ tenantId: 1, shard: 's1', ids: ['1'] });
  await expect(new PostgresEntityReader(misnamed).ask(question, new AbortController().signal)).rejects.toMatchObject({
    code: 'SHARD_UNAVAILABLE',
    message: 'The replica of shard s1 in ATLAS_SHARDS is a server of shard s0; correct its URL.',
  });
  await misnamed.close();
});
