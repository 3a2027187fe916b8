import { expect, it } from 'vitest';
import { connectClickHouse } from '../../../src/connections/clickhouse/clickhouse-client.ts';
import { count } from '../../../src/datasources/questions/count.ts';
import type { EntityFilter, Predicate } from '../../../src/domain/filter/filter.ts';
import { migrateClickHouse } from '../../../src/migration/migrate-clickhouse.ts';
import { TEST_CLUSTER } from '../../support/clickhouse.ts';
import { startClickHouseServer } from '../../support/clickhouse-http.ts';
import { CATALOG } from '../support/sample-catalog.ts';

/** The default of ATLAS_MAX_FILTER_NODES, with one for the combinator. */
const PREDICATES = 99;
const SHARDS = 16;

it.each<Predicate>([
  // A long operand is compared twice: with the indexed beginning and with the whole value.
  { operator: 'gt', operand: 'é'.repeat(300) },
  // Each letter becomes a list of three.
  { operator: 'containsIgnoreCase', operand: 'k'.repeat(256) },
])(
  'keeps the largest filter within what a ClickHouse server parses by default, over many shards: %#',
  async (predicate) => {
    const [CLICKHOUSE_USER, CLICKHOUSE_PASSWORD, CLICKHOUSE_DB] = ['atlas', 'secret', 'atlas'];
    const server = await startClickHouseServer({ CLICKHOUSE_USER, CLICKHOUSE_PASSWORD, CLICKHOUSE_DB });
    const url = `http://${CLICKHOUSE_USER}:${CLICKHOUSE_PASSWORD}@127.0.0.1:${server.port}/${CLICKHOUSE_DB}`;
    const limits = { connections: 1, timeoutMs: 10_000, memoryBytes: 1_000_000_000 };
    const database = connectClickHouse(url, { ...limits, applicationName: 'test' });
    try {
      await migrateClickHouse(database, TEST_CLUSTER, (work) => work());
      const filters: EntityFilter[] = Array.from({ length: PREDICATES }, (_, index) => ({
        kind: 'attribute',
        attribute: { ...CATALOG.text, id: 1_000_000 + index },
        predicate,
      }));
      const copies = new Map(
        Array.from({ length: SHARDS }, (_, index) => [`s${index}`, { copyId: BigInt(index + 1), lsn: 10n ** 15n }]),
      );
      const { clickhouse } = count({ tenantId: 1, type: null, filter: { kind: 'or', filters } });
      const { text, parameters } = clickhouse.select(copies);
      expect(await database.query(`EXPLAIN AST ${text}`, parameters)).not.toEqual([]);
    } finally {
      await database.close();
      await server.stop();
    }
  },
);
