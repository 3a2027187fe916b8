import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClickHouseDatabase } from '../../src/connections/clickhouse/clickhouse-database.ts';
import { PostgresPool } from '../../src/connections/postgres/postgres-pool.ts';
import { ClickHouseEntityReader } from '../../src/datasources/clickhouse/clickhouse-entity-reader.ts';
import type { EntityReader } from '../../src/datasources/entity-reader.ts';
import { PostgresEntityReader } from '../../src/datasources/postgres/reading/postgres-entity-reader.ts';
import { count } from '../../src/datasources/questions/count.ts';
import { type DistributionQuery, distribution } from '../../src/datasources/questions/distribution.ts';
import { entityPage } from '../../src/datasources/questions/entity-page.ts';
import type { Question } from '../../src/datasources/questions/question.ts';
import { range } from '../../src/datasources/questions/range.ts';
import { search } from '../../src/datasources/questions/search.ts';
import type { EntitySelection } from '../../src/domain/filter/filter.ts';
import type { EntityPageQuery } from '../../src/domain/filter/page-position.ts';
import type { SearchQuery } from '../../src/domain/search/search-query.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { startClickHouse, type TestClickHouse } from '../support/clickhouse.ts';
import { startPostgresCluster, type TestCluster } from '../support/postgres-cluster.ts';
import { primaryPool } from '../support/postgres-pools.ts';
import { entities, filter, order, searched } from './support/arbitrary-question.ts';
import { EntityModel } from './support/entity-model.ts';
import { fillClickHouse, storeWatermark } from './support/fill-clickhouse.ts';
import { fillPostgres } from './support/fill-postgres.ts';
import { CATALOG, FILTERABLE_KEYS } from './support/sample-catalog.ts';
import type { SampleEntity } from './support/sample-entity.ts';

const TIME_LIMIT_MS = 15_000;
const QUESTIONS_PER_DATA = 8;
const PAGES_PER_QUESTION = 3;

/** A page is continued from each end with the engines' own positions. */
interface Sample {
  readonly selection: EntitySelection;
  readonly page: Pick<EntityPageQuery, 'order' | 'direction' | 'limit'>;
  readonly distribution: Pick<DistributionQuery, 'attribute' | 'groupBy' | 'min' | 'max' | 'buckets'>;
  readonly search: Pick<SearchQuery, 'attributes' | 'words'>;
}

const sample: fc.Arbitrary<Sample> = fc.record({
  selection: fc.record({ tenantId: fc.constantFrom(1, 1, 1, 2), type: fc.constantFrom(null, 'user', 'group'), filter }),
  page: fc.record({
    order,
    direction: fc.constantFrom('FORWARD' as const, 'BACKWARD' as const),
    limit: fc.integer({ min: 1, max: 12 }),
  }),
  distribution: fc
    .record({
      attribute: fc.constantFrom(CATALOG.hotNumber, CATALOG.number),
      groupBy: fc.uniqueArray(fc.constantFrom(...FILTERABLE_KEYS.map((key) => CATALOG[key])), { maxLength: 3 }),
      bounds: fc.constantFrom([0, 1], [-3, 3], [0.1, 0.30000000000000004], [-1e308, 1e308]),
      buckets: fc.integer({ min: 1, max: 12 }),
    })
    .map(({ bounds: [min = 0, max = 1], ...given }) => ({ ...given, min, max })),
  search: searched,
});

describe('Postgres, ClickHouse and a simple model', () => {
  let cluster: TestCluster;
  let clickhouse: TestClickHouse;
  let pool: PostgresPool;
  let owner: PostgresPool;
  let database: ClickHouseDatabase;

  beforeAll(async () => {
    [cluster, clickhouse] = await Promise.all([startPostgresCluster(), startClickHouse()]);
    database = await clickhouse.connect();
    await storeWatermark(database, 's0');
    owner = primaryPool(cluster.endpoints);
    pool = new PostgresPool({
      shard: 's0',
      role: 'primary',
      url: cluster.endpoints.primary,
      actAs: 'atlas_serve',
      size: 1,
      connectTimeoutMs: 1_000,
      statementTimeoutMs: 5_000,
      applicationName: 'atlas-test',
      logger: createLogger('silent'),
    });
  });
  afterAll(async () => {
    await Promise.all([pool?.close(), owner?.close()]);
    await clickhouse?.stop();
    await cluster?.stop();
  });

  it('give the same answer to any question over any data', { timeout: 60_000 }, async () => {
    let answered = 0;
    const deadline = performance.now() + TIME_LIMIT_MS;
    const property = fc.asyncProperty(
      entities,
      fc.array(sample, { minLength: QUESTIONS_PER_DATA, maxLength: QUESTIONS_PER_DATA }),
      async (data, questions) => {
        // The first data are always asked about, however slow the machine is.
        if (answered > 0 && performance.now() > deadline) return;
        // With and without entities that were committed after the watermark: ClickHouse reads them by other statements.
        await fill(data, answered % (2 * QUESTIONS_PER_DATA) === 0 ? 0n : 1n);
        const model = new EntityModel(data);
        for (const asked of questions) {
          await compare(model, asked);
          answered++;
        }
      },
    );
    await fc.assert(property, { numRuns: 300 });
    expect(answered).toBeGreaterThanOrEqual(QUESTIONS_PER_DATA);
  });

  /**
   * ClickHouse gets the attributes as Postgres prints them, as it does from the replicator.
   * @param late 1 if every other entity is to be of a commit after the watermark, otherwise 0.
   */
  async function fill(data: readonly SampleEntity[], late: 0n | 1n): Promise<void> {
    await fillPostgres(owner, data);
    const rows = await owner.query<{ tenant_id: number; entity_id: string; printed: string }>({
      text: 'SELECT tenant_id, entity_id, attributes::text AS printed FROM atlas.entity',
      values: [],
    });
    const printed = new Map(rows.map((row) => [`${row.tenant_id} ${row.entity_id}`, row.printed]));
    const keys = data.map(({ tenantId, record }) => `${tenantId} ${record.id}`);
    const text = (index: number) => printed.get(keys[index] ?? '') ?? '';
    await fillClickHouse(database, data, text, (index) => 99n + late * BigInt(index % 2));
  }

  async function compare(
    model: EntityModel,
    { selection, page, distribution: given, search: words }: Sample,
  ): Promise<void> {
    const cells = { ...selection, ...given, maxCells: 100_000 };
    const ranged = { ...selection, attribute: given.attribute };
    for (const reader of [new PostgresEntityReader(pool), new ClickHouseEntityReader(database, ['s0'])]) {
      const engine = reader.constructor.name;
      expect(await answer(reader, count(selection)), engine).toBe(BigInt(model.select(selection).length));
      expect(await answer(reader, range(ranged)), engine).toEqual(model.range(ranged));
      expect(await answer(reader, distribution(cells)), engine).toEqual(model.distribution(cells));
      let from: EntityPageQuery['from'] = null;
      for (let read = 0; read < PAGES_PER_QUESTION && (read === 0 || from !== null); read++) {
        const asked: EntityPageQuery = { ...selection, ...page, from };
        const { rows, hasMore } = await answer(reader, entityPage(asked));
        const positions = rows.map(({ position }) => position);
        expect({ positions, hasMore }, engine).toEqual(model.page(asked));
        from = (page.direction === 'FORWARD' ? positions.at(-1) : positions[0]) ?? null;
      }
      let after: SearchQuery['from'] = null;
      for (let read = 0; read < 2 && (read === 0 || after !== null); read++) {
        const asked: SearchQuery = { ...selection, ...words, from: after, limit: page.limit };
        const { rows, hasMore } = await answer(reader, search(asked));
        const found = rows.map(({ entity, rank }) => ({ rank, id: entity.id }));
        expect({ found, hasMore }, engine).toEqual(model.search(asked));
        after = found.at(-1) ?? null;
      }
    }
  }
});

async function answer<Part, Answer>(reader: EntityReader, question: Question<Part, Answer>): Promise<Answer> {
  return question.merge([(await reader.ask(question, new AbortController().signal)).data]);
}
