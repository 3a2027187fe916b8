import { deepStrictEqual } from 'node:assert/strict';
import type { AttributeDefinition } from '../../src/domain/catalog/attribute.ts';
import type { Figures, Workload } from '../suite/workload.ts';
import { queryClickHouse } from '../support/clickhouse-query.ts';
import { ENTITY_TYPE, SCORES } from '../support/generated-entities.ts';
import { measureLatency } from '../support/latency.ts';
import { GIANT, type Stage } from '../support/stage.ts';

type Cell = string | number;
/** The parts of an answer that Atlas and its baselines all give: keys, then numbers. */
type Row = readonly Cell[];

interface AnalyticalRead {
  readonly name: string;
  /** A field of `analytics`. */
  readonly field: string;
  readonly rows: (analytics: never) => readonly Row[];
  readonly clickhouse: string;
  /** By shard: rows with equal keys are added up. */
  readonly postgres: string;
  /** How many columns are keys. */
  readonly keys: number;
  /** Only the most frequent of each first key; all unless given. */
  readonly first?: number;
}

const FIRST = 10;
const BUCKETS = 20;
const SINCE = '2025-01-01T00:00:00.000Z';
const LEAST_AMOUNT = 500_000;
const LIVE_COPIES = 'SELECT max(copy_id) FROM replication_watermark FINAL WHERE lsn > 0 GROUP BY shard';
const CLICKHOUSE_SETTINGS = 'SETTINGS do_not_merge_across_partitions_select_final = 1';

/** Questions about all entities of a tenant over HTTP, beside bare queries of the same meaning: of ClickHouse, and of the replicas of Postgres. */
export async function analytics(stage: Stage): Promise<readonly Workload[]> {
  await stage.settle();
  const seconds = stage.options.seconds / 2;
  // Until they are removed, copies that are not read any more lie beside those that are.
  const copies = await queryClickHouse(stage, LIVE_COPIES);
  const copyIds = copies.map((row) => String(Object.values(row)[0]));
  return questions(await stage.attributes(), copyIds).map((read) => {
    const mine = async () => {
      const query = `{ analytics { ${read.field} } }`;
      return read.rows((await stage.ask<{ analytics: never }>(query)).analytics);
    };
    const ofClickHouse = async () =>
      (await queryClickHouse(stage, `${read.clickhouse} ${CLICKHOUSE_SETTINGS}`)).map(cells);
    const ofPostgres = async () => {
      const parts = await Promise.all(stage.replicas.map((replica) => replica.query<object>(read.postgres)));
      return merged(
        read,
        parts.flatMap(({ rows }) => rows.map(cells)),
      );
    };
    const timed = async (ask: () => Promise<unknown>): Promise<number> =>
      (await measureLatency(seconds, ask)).median ?? Number.NaN;
    return {
      name: `analytics: ${read.name}`,
      metrics: [
        { name: 'beside ClickHouse', unit: 'ms', better: 'lower', ratio: 1.2 },
        { name: 'beside Postgres', unit: 'ms', better: 'lower', ratio: 0.05 },
      ],
      check: async () => {
        const answer = inOrder(await mine());
        deepStrictEqual(answer, inOrder(await ofClickHouse()));
        deepStrictEqual(answer, inOrder(await ofPostgres()));
        if (answer.length === 0) throw new Error('The answer is empty');
      },
      atlas: async (): Promise<Figures> => {
        const ms = await timed(mine);
        return { 'beside ClickHouse': ms, 'beside Postgres': ms };
      },
      baseline: async () => ({
        'beside ClickHouse': await timed(ofClickHouse),
        'beside Postgres': await timed(ofPostgres),
      }),
    };
  });
}

function questions(
  attribute: (key: string) => AttributeDefinition,
  copyIds: readonly string[],
): readonly AnalyticalRead[] {
  const column = (key: string) => `${attribute(key).hotColumn}`;
  const [city, status, score] = [column('city'), column('status'), column('score')];
  const id = (key: string) => attribute(key).id;
  const own = `tenant_id = ${GIANT} AND type = '${ENTITY_TYPE}'`;
  const isRead = `copy_id IN (${copyIds.join(', ')})`;
  const [inClickHouse, inPostgres] = [`FROM entity FINAL WHERE ${isRead} AND ${own}`, `FROM atlas.entity WHERE ${own}`];
  /** The same text for both engines. */
  const both = (select: (from: string) => string) => ({
    clickhouse: select(inClickHouse),
    postgres: select(inPostgres),
  });
  const bucket = (value: string) => `width_bucket(${value}, 0, ${SCORES}, ${BUCKETS})`;
  const joined = Date.parse(SINCE);
  const ids = (key: string, condition: string) =>
    `entity_id IN (SELECT entity_id FROM entity_attribute FINAL WHERE ${isRead} AND tenant_id = ${GIANT} AND attribute_id = ${id(key)} AND ${condition})`;
  const join = (alias: string, key: string, condition: string) =>
    `JOIN atlas.entity_attribute ${alias} ON ${alias}.tenant_id = e.tenant_id AND ${alias}.entity_id = e.entity_id AND ${alias}.attribute_id = ${id(key)} AND ${condition}`;
  return [
    {
      ...{ name: 'distribution', keys: 2 },
      field: `distribution(type: "${ENTITY_TYPE}", attribute: "score", groupBy: ["status"], min: 0, max: ${SCORES}, buckets: ${BUCKETS}) {
        groups { value buckets { bucket count } } }`,
      rows: ({
        distribution: { groups },
      }: {
        distribution: { groups: { value: string; buckets: { bucket: number; count: Cell }[] }[] };
      }) =>
        groups.flatMap(({ value, buckets }) =>
          buckets.filter(({ count }) => Number(count) > 0).map((cell) => [value, cell.bucket, Number(cell.count)]),
        ),
      ...both(
        (from) =>
          `SELECT ${status}, ${bucket(score)} AS bucket, count(*) AS n ${from} AND ${score} IS NOT NULL AND ${status} IS NOT NULL GROUP BY 1, 2`,
      ),
    },
    {
      ...{ name: 'statistics', keys: 1 },
      field: `statistics(type: "${ENTITY_TYPE}", attribute: "score", groupBy: ["status"]) { groups { value count sum } }`,
      rows: ({ statistics: { groups } }: { statistics: { groups: { value: string; count: Cell; sum: number }[] } }) =>
        groups.map(({ value, count, sum }) => [value, Number(count), sum]),
      ...both(
        (from) =>
          `SELECT ${status}, count(*) AS n, sum(${score}) AS total ${from} AND ${score} IS NOT NULL AND ${status} IS NOT NULL GROUP BY 1`,
      ),
    },
    {
      ...{ name: 'facets', keys: 2, first: FIRST },
      field: `facets(type: "${ENTITY_TYPE}", attributes: ["city", "status"], first: ${FIRST}, filter: { attributes: [{ key: "status", text: { eq: "active" } }] }) {
        facets { attribute values { value count } } }`,
      rows: ({
        facets: { facets },
      }: {
        facets: { facets: { attribute: string; values: { value: string; count: Cell }[] }[] };
      }) =>
        facets.flatMap(({ attribute: key, values }) => values.map(({ value, count }) => [key, value, Number(count)])),
      clickhouse: `SELECT * FROM (SELECT 'city' AS facet, ${city} AS value, count() AS n ${inClickHouse} AND ${status} = 'active' AND ${city} IS NOT NULL
        GROUP BY value ORDER BY n DESC, value LIMIT ${FIRST} UNION ALL SELECT 'status' AS facet, ${status} AS value, count() AS n ${inClickHouse}
        AND ${status} IS NOT NULL GROUP BY value ORDER BY n DESC, value LIMIT ${FIRST})`,
      postgres: `SELECT 'city', ${city}, count(*) AS n ${inPostgres} AND ${status} = 'active' AND ${city} IS NOT NULL GROUP BY 2
        UNION ALL SELECT 'status', ${status}, count(*) ${inPostgres} AND ${status} IS NOT NULL GROUP BY 2`,
    },
    {
      ...{ name: 'top values', keys: 1, first: FIRST },
      field: `topValues(type: "${ENTITY_TYPE}", attribute: "city", first: ${FIRST}) { values { value count } }`,
      rows: ({ topValues: { values } }: { topValues: { values: { value: string; count: Cell }[] } }) =>
        values.map(({ value, count }) => [value, Number(count)]),
      clickhouse: `SELECT ${city} AS value, count() AS n ${inClickHouse} AND ${city} IS NOT NULL GROUP BY value ORDER BY n DESC, value LIMIT ${FIRST}`,
      postgres: `SELECT ${city}, count(*) AS n ${inPostgres} AND ${city} IS NOT NULL GROUP BY 1`,
    },
    {
      ...{ name: 'count with three filters', keys: 0 },
      field: `count(type: "${ENTITY_TYPE}", filter: { attributes: [{ key: "status", text: { eq: "active" } },
        { key: "amount", number: { gte: ${LEAST_AMOUNT} } }, { key: "joined", timestamp: { gte: "${SINCE}" } }] }) { count }`,
      rows: ({ count: { count } }: { count: { count: Cell } }) => [[Number(count)]],
      clickhouse: `SELECT count() AS n ${inClickHouse} AND ${status} = 'active' AND ${ids('amount', `value_number >= ${LEAST_AMOUNT}`)}
        AND ${ids('joined', `value_timestamp >= ${joined}`)}`,
      postgres: `SELECT count(*) AS n FROM atlas.entity e ${join('a', 'amount', `a.value_number >= ${LEAST_AMOUNT}`)}
        ${join('b', 'joined', `b.value_timestamp >= '${SINCE}'`)} WHERE e.tenant_id = ${GIANT} AND e.type = '${ENTITY_TYPE}' AND e.${status} = 'active'`,
    },
  ];
}

/** Digits are numbers: no key of these questions consists of digits. */
function cells(row: object): Row {
  return Object.values(row).map((value) => (/^\d+(\.\d+)?$/.test(String(value)) ? Number(value) : String(value)));
}

function merged({ keys, first }: AnalyticalRead, rows: readonly Row[]): readonly Row[] {
  const sums = new Map<string, Cell[]>();
  for (const row of rows) {
    const key = JSON.stringify(row.slice(0, keys));
    const known = sums.get(key);
    if (known === undefined) sums.set(key, [...row]);
    else for (let index = keys; index < row.length; index++) known[index] = Number(known[index]) + Number(row[index]);
  }
  const all = [...sums.values()];
  if (first === undefined) return all;
  const sorted = all.sort(
    (a, b) => Number(b.at(-1)) - Number(a.at(-1)) || (String(a[keys - 1]) < String(b[keys - 1]) ? -1 : 1),
  );
  const taken = new Map<Cell, number>();
  return sorted.filter((row) => {
    const group = keys > 1 ? (row[0] ?? '') : '';
    taken.set(group, (taken.get(group) ?? 0) + 1);
    return (taken.get(group) ?? 0) <= first;
  });
}

function inOrder(rows: readonly Row[]): readonly Row[] {
  return [...rows].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}
