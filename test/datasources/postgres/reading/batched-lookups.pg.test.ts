import { setMaxListeners } from 'node:events';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { PostgresPool } from '../../../../src/connections/postgres/postgres-pool.ts';
import { BatchedEntityReader } from '../../../../src/datasources/batched-entity-reader.ts';
import { PostgresEntityReader } from '../../../../src/datasources/postgres/reading/postgres-entity-reader.ts';
import { type EntitiesByIdQuery, entitiesById } from '../../../../src/datasources/questions/entities-by-id.ts';
import type { EntityRecord } from '../../../../src/domain/entity.ts';
import { EntityProjection } from '../../../../src/domain/entity-projection.ts';
import { lockEntities } from '../../../support/lock-entities.ts';
import { startPostgresCluster, type TestCluster } from '../../../support/postgres-cluster.ts';
import { primaryPool } from '../../../support/postgres-pools.ts';
import { postgresQuery } from '../../../support/postgres-query.ts';
import { fillPostgres } from '../../support/fill-postgres.ts';
import { CATALOG } from '../../support/sample-catalog.ts';
import { sample } from '../../support/sample-entity.ts';

const ENTITIES = 60;
const MAX_BYTES = 20_000;
const { signal } = new AbortController();
setMaxListeners(0, signal);
const byId = (a: EntityRecord, b: EntityRecord) => Number(a.id) - Number(b.id);

/** Both tenants have entities with the same ids. */
const entities = [1, 2].flatMap((tenantId) =>
  Array.from({ length: ENTITIES }, (_, n) => {
    const number = n * 10 + tenantId;
    return sample(n + 1, { number, hotNumber: n, text: `of ${tenantId}`, json: 'x'.repeat(1_000) }, { tenantId });
  }),
);

const PROJECTIONS = [
  undefined,
  new EntityProjection([CATALOG.number]),
  new EntityProjection([CATALOG.text, CATALOG.hotNumber]),
  new EntityProjection([CATALOG.number], { hasTimes: true }),
];

describe('entities that several ask for at once', () => {
  let cluster: TestCluster;
  let pool: PostgresPool;
  let alone: PostgresEntityReader;
  let batched: BatchedEntityReader;

  beforeAll(async () => {
    cluster = await startPostgresCluster();
    const owner = primaryPool(cluster.endpoints);
    await postgresQuery(
      cluster.endpoints.primary,
      `INSERT INTO atlas.shard (shard_id, placement, cluster_id, heartbeat_at, heartbeat_lsn)
       VALUES ('s0', 'by hash over s0', gen_random_uuid(), '2026-01-01T00:00:01Z', '0/64')`,
    );
    await fillPostgres(owner, entities);
    await owner.close();
    pool = primaryPool(cluster.endpoints, {
      ...{ actAs: 'atlas_serve', size: 16, maxBytes: MAX_BYTES, applicationName: 'atlas-batched' },
      statementTimeoutMs: 60_000,
    });
    alone = new PostgresEntityReader(pool);
    batched = new BatchedEntityReader(alone);
  });
  afterAll(async () => {
    await pool?.close();
    await cluster?.stop();
  });

  const underWay = () =>
    postgresQuery<{ query: string }>(
      cluster.endpoints.primary,
      "SELECT query FROM pg_stat_activity WHERE application_name = 'atlas-batched' AND state = 'active'",
    );

  it('are what each reads alone: of its tenant, with its attributes, and none that it did not ask for', async () => {
    const asked: EntitiesByIdQuery[] = Array.from({ length: 400 }, (_, n) => ({
      tenantId: 1 + (n % 2),
      shard: 's0',
      ids: Array.from({ length: n % 4 }, (_each, place) => String(((n * 7 + place * 13) % (ENTITIES + 10)) + 1)),
      projection: PROJECTIONS[n % 7],
    }));
    const together = await Promise.all(asked.map((query) => batched.ask(entitiesById(query), signal)));
    for (const [n, query] of asked.entries()) {
      const { data, watermarks, shown } = await alone.ask(entitiesById(query), signal);
      const measured = together[n];
      expect([...(measured?.data ?? [])].sort(byId)).toEqual([...data].sort(byId));
      expect(measured?.watermarks).toEqual(watermarks);
      expect([...(measured?.shown.keys() ?? [])]).toEqual([...shown.keys()]);
    }
  });

  it('are one statement of the server for each tenant and choice of attributes', async () => {
    await lockEntities([cluster.endpoints]);
    const leaving = new AbortController();
    setMaxListeners(0, leaving.signal);
    const ask = (tenantId: number, id: string, projection?: EntityProjection) =>
      batched.ask(entitiesById({ tenantId, shard: 's0', ids: [id], projection }), leaving.signal);
    const answers = ['1', '2', '3', '4', '5'].flatMap((id) => [
      ask(1, id),
      ask(2, id),
      ask(1, id, PROJECTIONS[1]),
      ask(1, id, PROJECTIONS[2]),
    ]);
    await vi.waitFor(async () => expect(await underWay()).toHaveLength(4), { timeout: 10_000 });
    leaving.abort(new Error('gone'));
    for (const answer of answers) await expect(answer).rejects.toThrow('gone');
    await vi.waitFor(async () => expect(await underWay()).toEqual([]), { timeout: 10_000 });
  });

  it('are read one by one if their values are too much for one statement', async () => {
    const questions = Array.from({ length: 40 }, (_, n) =>
      entitiesById({ tenantId: 1, shard: 's0', ids: [String(n + 1)] }),
    );
    const all = entitiesById({ tenantId: 1, shard: 's0', ids: questions.map((_, n) => String(n + 1)) });
    await expect(alone.ask(all, signal)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    const answers = await Promise.all(questions.map((question) => batched.ask(question, signal)));
    expect(answers.map(({ data }) => data.map(({ id }) => id))).toEqual(questions.map((_, n) => [String(n + 1)]));
  });
});
