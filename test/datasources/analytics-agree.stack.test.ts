import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClickHouseDatabase } from '../../src/connections/clickhouse/clickhouse-database.ts';
import type { PostgresPool } from '../../src/connections/postgres/postgres-pool.ts';
import { ClickHouseEntityReader } from '../../src/datasources/clickhouse/clickhouse-entity-reader.ts';
import { UnchangedEntityReader } from '../../src/datasources/clickhouse/unchanged-entity-reader.ts';
import type { EntityReader } from '../../src/datasources/entity-reader.ts';
import { MergedEntityReader } from '../../src/datasources/merging/merged-entity-reader.ts';
import { PostgresEntityReader } from '../../src/datasources/postgres/reading/postgres-entity-reader.ts';
import { facets } from '../../src/datasources/questions/facets.ts';
import { groupCounts } from '../../src/datasources/questions/group-counts.ts';
import type { Question } from '../../src/datasources/questions/question.ts';
import { statistics } from '../../src/datasources/questions/statistics.ts';
import { timeRange } from '../../src/datasources/questions/time-range.ts';
import { timeSeries } from '../../src/datasources/questions/time-series.ts';
import { periodStarts } from '../../src/domain/analytics/periods.ts';
import { TimeZone } from '../../src/domain/analytics/time-zone.ts';
import type { EntityFilter, EntitySelection } from '../../src/domain/filter/filter.ts';
import { horizonSlot } from '../../src/watermarks/horizon.ts';
import { startClickHouse, type TestClickHouse } from '../support/clickhouse.ts';
import { startPostgresCluster, type TestCluster } from '../support/postgres-cluster.ts';
import { primaryPool } from '../support/postgres-pools.ts';
import { factsIn } from './analytics.conformance.ts';
import { type AnalyticsQuestion, analyticsQuestion, withoutOwn } from './support/arbitrary-analytics.ts';
import { entities } from './support/arbitrary-question.ts';
import { EntityModel } from './support/entity-model.ts';
import { fillClickHouse, storeWatermark } from './support/fill-clickhouse.ts';
import { fillPostgres } from './support/fill-postgres.ts';
import { factsOf, isNear, quantileOf } from './support/naive-numbers.ts';
import type { SampleEntity } from './support/sample-entity.ts';

/** Another seed asks other questions: `ANALYTICS_SEED=1 npx vitest run test/datasources/analytics-agree`. */
const SEED = Number(process.env.ANALYTICS_SEED ?? 20261122);
const TIME_LIMIT_MS = 9_000;
const QUESTIONS_PER_DATA = 3;
/** More than there can be. */
const AMPLE = { maxGroups: 1_000, maxBins: 100_000, maxPoints: 100_000 };
const HEARTBEAT_AT = Date.parse('2026-01-01');
const { signal } = new AbortController();

describe('ClickHouse, a replica, the primary, what is merged from them and a simple model', () => {
  let cluster: TestCluster;
  let clickhouse: TestClickHouse;
  let owner: PostgresPool;
  let pools: PostgresPool[];
  let database: ClickHouseDatabase;
  let readers: Readonly<Record<string, EntityReader>>;
  let merged: MergedEntityReader;

  beforeAll(async () => {
    [cluster, clickhouse] = await Promise.all([startPostgresCluster({ replica: true }), startClickHouse()]);
    database = await clickhouse.connect(4);
    await storeWatermark(database, 's0', { heartbeatAt: HEARTBEAT_AT });
    const { endpoints } = cluster;
    owner = primaryPool(endpoints);
    await rows(
      owner,
      "INSERT INTO atlas.shard (shard_id, placement, cluster_id) VALUES ('s0', 'by hash over s0', gen_random_uuid())",
    );
    const primary = primaryPool(endpoints, { actAs: 'atlas_serve' });
    const replica = primaryPool(endpoints, { url: endpoints.replicas[0] ?? '', role: 'replica', actAs: 'atlas_serve' });
    pools = [owner, primary, replica];
    readers = {
      clickhouse: new ClickHouseEntityReader(database, ['s0']),
      replica: new PostgresEntityReader(replica),
      primary: new PostgresEntityReader(primary),
    };
    merged = new MergedEntityReader({
      ...{ server: new PostgresEntityReader(primary), unchanged: new UnchangedEntityReader(database, 's0') },
      ...{ leastCost: 0, mostChanged: 10_000 },
    });
  });
  afterAll(async () => {
    await Promise.all((pools ?? []).map((pool) => pool.close()));
    await clickhouse?.stop();
    await cluster?.stop();
  });

  it('give the same answer to any question of analytics, also in parts', { timeout: 90_000 }, async () => {
    let answered = 0;
    const deadline = performance.now() + TIME_LIMIT_MS;
    const questions = fc.array(analyticsQuestion, { minLength: QUESTIONS_PER_DATA, maxLength: QUESTIONS_PER_DATA });
    const property = fc.asyncProperty(entities, questions, async (data, asked) => {
      // The first data are always asked about, however slow the machine is.
      if (answered > 0 && performance.now() > deadline) return;
      await fill(data);
      for (const question of asked) {
        await compare(new EntityModel(data), question);
        answered++;
      }
    });
    await fc.assert(property, { seed: SEED, numRuns: 50 });
    expect(answered).toBeGreaterThanOrEqual(QUESTIONS_PER_DATA);
  });

  /** Half of the rows were committed after ClickHouse's watermark. Entities with an even id may have changed since, as the audit says. */
  async function fill(data: readonly SampleEntity[]): Promise<void> {
    await fillPostgres(owner, data);
    const [position, printed] = await Promise.all([
      rows<{ lsn: string }>(owner, 'SELECT pg_current_wal_insert_lsn() AS lsn'),
      rows<{ tenant_id: number; entity_id: string; printed: string }>(
        owner,
        'SELECT tenant_id, entity_id, attributes::text AS printed FROM atlas.entity',
      ),
    ]);
    const texts = new Map(printed.map((row) => [`${row.tenant_id} ${row.entity_id}`, row.printed]));
    const keys = data.map(({ tenantId, record }) => `${tenantId} ${record.id}`);
    const text = (index: number) => texts.get(keys[index] ?? '') ?? '';
    await fillClickHouse(database, data, text, (index) => 99n + BigInt(index % 2));
    await rows(
      owner,
      `INSERT INTO atlas.horizon (slot, heartbeat, lsn, oldest)
       SELECT ${horizonSlot('at')}, at, '0/FFFF', pg_snapshot_xmax(pg_current_snapshot()) FROM (SELECT ${HEARTBEAT_AT * 1_000}::bigint AS at) h
       ON CONFLICT (slot) DO UPDATE SET oldest = excluded.oldest`,
    );
    await rows(
      owner,
      `INSERT INTO atlas.audit (tenant_id, at, operation, entity_id)
       SELECT tenant_id, clock_timestamp(), 'UPDATE_ENTITY', entity_id FROM atlas.entity WHERE entity_id % 2 = 0`,
    );
    const replayed = `SELECT pg_last_wal_replay_lsn() >= '${position[0]?.lsn}'::pg_lsn AS is_replayed`;
    await expect
      .poll(async () => (await rows<{ is_replayed: boolean }>(pools[2] ?? owner, replayed))[0]?.is_replayed, {
        interval: 5,
        timeout: 20_000,
      })
      .toBe(true);
  }

  /** @param halve splits the selected entities in two, as if they lived on two shards. */
  async function compare(model: EntityModel, { selection, halve, ...asked }: AnalyticsQuestion): Promise<void> {
    const grouped = { ...selection, ...asked.groups, ...AMPLE };
    const faceted = { ...selection, ...asked.facets, ...AMPLE };
    const measured = { ...selection, ...asked.statistics, ...AMPLE, binSize: 'quantile' as const, hasSquares: true };
    const { zone, interval, ...timed } = asked.series;
    const ranged = { ...selection, ...timed };
    const starts = periodStarts({ first: timed.from, last: timed.to - 1 }, interval, new TimeZone(zone), 10_000);
    const series = { ...ranged, ...AMPLE, starts };
    const filters = faceted.attributes.map((attribute) => withoutOwn(selection.filter, attribute));
    const numbers = model.numbers(measured);
    await Promise.all([
      same((of) => groupCounts({ ...grouped, ...of }), itself, model.groupCounts(grouped)),
      same((of) => facets({ ...faceted, ...of }), itself, model.facets(faceted, filters)),
      same((of) => timeRange({ ...ranged, ...of }), itself, model.timeRange(ranged)),
      same((of) => timeSeries({ ...series, ...of }), itself, model.timeSeries(series)),
      same(
        (of) => statistics({ ...measured, ...of }),
        (found) =>
          found.map(({ group, summary }, index) => {
            const truth = quantileOf(numbers[index]?.numbers ?? [], asked.level);
            return { group, ...factsIn(summary), isNear: isNear(summary.quantile(asked.level), truth) };
          }),
        numbers.map(({ group, numbers: of }) => ({ group, ...factsOf(of), isNear: true })),
      ),
    ]);

    async function same<Part, Answer>(
      question: (of: EntitySelection) => Question<Part, Answer>,
      shown: (answer: Answer) => unknown,
      expected: unknown,
    ): Promise<void> {
      const whole = question(selection);
      for (const [source, reader] of Object.entries(readers)) {
        const answer = whole.merge([await part(reader, whole)]);
        expect(shown(answer), `${source}: ${whole.name}`).toEqual(expected);
      }
      const { data, others } = await merged.ask(whole, signal);
      if (others === undefined) throw new Error('ClickHouse has answered for no entities');
      expect(shown(whole.merge([data, others])), `merged: ${whole.name}`).toEqual(expected);
      const [half, rest] = [halve, { kind: 'not', filter: halve } as const].map((filter: EntityFilter) =>
        question({ ...selection, filter: { kind: 'and', filters: [selection.filter, filter] } }),
      );
      if (half === undefined || rest === undefined) return;
      const parts = [await part(readers.primary, half), await part(readers.clickhouse, rest)];
      expect(shown(whole.merge(parts)), `in parts: ${whole.name}`).toEqual(expected);
    }
  }
});

const itself = <Answer>(answer: Answer): Answer => answer;

async function part<Part>(reader: EntityReader | undefined, question: Question<Part, unknown>): Promise<Part> {
  if (reader === undefined) throw new Error('no reader');
  return (await reader.ask(question, signal)).data;
}

function rows<Row extends object>(pool: PostgresPool, text: string): Promise<Row[]> {
  return pool.query<Row>({ text, values: [] });
}
