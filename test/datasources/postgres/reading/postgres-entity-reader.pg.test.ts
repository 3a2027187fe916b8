import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PostgresPool } from '../../../../src/connections/postgres/postgres-pool.ts';
import { PostgresEntityReader } from '../../../../src/datasources/postgres/reading/postgres-entity-reader.ts';
import { entitiesById } from '../../../../src/datasources/questions/entities-by-id.ts';
import { entityPage } from '../../../../src/datasources/questions/entity-page.ts';
import {
  type ComparisonOperator,
  type Direction,
  type EntityFilter,
  type EntityOrder,
  MATCH_ALL,
  type Operand,
} from '../../../../src/domain/filter/filter.ts';
import type { EntityPageQuery, ReadDirection } from '../../../../src/domain/filter/page-position.ts';
import { createLogger } from '../../../../src/observability/logger.ts';
import { startPostgresCluster, type TestCluster } from '../../../support/postgres-cluster.ts';
import { primaryPool } from '../../../support/postgres-pools.ts';
import { entityReaderConformance } from '../../entity-reader.conformance.ts';
import { EntityModel } from '../../support/entity-model.ts';
import { recordInPostgres } from '../../support/fill-audit.ts';
import { fillPostgres } from '../../support/fill-postgres.ts';
import { CATALOG, type SampleKey } from '../../support/sample-catalog.ts';
import { sample } from '../../support/sample-entity.ts';

const DIRECTIONS: readonly [Direction, ReadDirection][] = [
  ['ASC', 'FORWARD'],
  ['DESC', 'FORWARD'],
  ['DESC', 'BACKWARD'],
];

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

describe('entities that share their values', () => {
  const TENANT = 3;
  const entities = Array.from({ length: 240 }, (_, n) => {
    const of = n < 60 ? { hotNumber: n % 3, number: n % 2, hotBoolean: n % 2 === 0 } : { hotNumber: 7, number: n % 4 };
    const rest = n % 5 === 0 ? {} : { ...of, text: `t${n % 3}`, timestamp: '2024-01-01T00:00:00.000Z' };
    return sample(n * 7 + 1, rest, { tenantId: TENANT, type: n % 11 === 0 ? 'group' : 'user' });
  });
  const model = new EntityModel(entities);
  const attribute = (key: SampleKey, direction: Direction): EntityOrder[] => [
    { kind: 'attribute', attribute: CATALOG[key], direction },
  ];
  const is = (key: SampleKey, operator: ComparisonOperator, operand: Operand): EntityFilter => ({
    kind: 'attribute',
    attribute: CATALOG[key],
    predicate: { operator, operand },
  });
  const orders: [string, (direction: Direction) => EntityOrder[]][] = [
    ...(['hotNumber', 'hotBoolean', 'number', 'text', 'timestamp'] as const).map(
      (key): [string, (direction: Direction) => EntityOrder[]] => [key, (direction) => attribute(key, direction)],
    ),
    ['createdAt', (direction) => [{ kind: 'field', field: 'createdAt', direction }]],
  ];
  const filters: [string, EntityFilter][] = [
    ['all', MATCH_ALL],
    ['those of a hot value', is('hotNumber', 'eq', 7)],
    ['those of a range', is('number', 'gte', 1)],
    ['the few of a range and a hot value', { kind: 'and', filters: [is('number', 'gt', 0), is('hotNumber', 'lt', 1)] }],
    ['those of a value', is('text', 'eq', 't1')],
    [
      'those with a part of a text',
      { kind: 'attribute', attribute: CATALOG.text, predicate: { operator: 'contains', operand: '2' } },
    ],
  ];

  beforeAll(() => fillPostgres(owner, entities));

  describe.each(orders)('ordered by %s', (_, orderOf) => {
    it.each(filters)('are paged without skipping or repeating one: %s', async (_name, filter) => {
      const reader = new PostgresEntityReader(pool);
      for (const [order, read] of DIRECTIONS) {
        for (const [type, limit] of [
          [null, 37],
          ['user', 2],
        ] as const) {
          const query = { tenantId: TENANT, type, filter, order: orderOf(order), direction: read, limit };
          let from: EntityPageQuery['from'] = null;
          for (let pages = 0; pages === 0 || (from !== null && pages < 12); pages++) {
            const page: EntityPageQuery = { ...query, from };
            const question = entityPage(page);
            const { rows, hasMore } = question.merge([(await reader.ask(question, new AbortController().signal)).data]);
            const positions = rows.map(({ position }) => position);
            expect({ positions, hasMore }).toEqual(model.page(page));
            from = (hasMore ? (read === 'FORWARD' ? positions.at(-1) : positions[0]) : null) ?? null;
          }
        }
      }
    });
  });
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
