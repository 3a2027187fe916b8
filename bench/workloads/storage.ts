import type { Figures, Workload } from '../suite/workload.ts';
import { queryClickHouse } from '../support/clickhouse-query.ts';
import type { Stage } from '../support/stage.ts';

const SIZES = `
SELECT sum(pg_table_size(oid)) AS tables, sum(pg_indexes_size(oid)) AS indexes
FROM pg_class WHERE relkind = 'r' AND oid IN (SELECT relid FROM pg_partition_tree('atlas.entity') UNION ALL
  SELECT relid FROM pg_partition_tree('atlas.entity_attribute') UNION ALL SELECT relid FROM pg_partition_tree('atlas.audit'))`;

/** What an entity of 12 values takes up, on a primary and in ClickHouse, after the fill. The baseline is the recorded run. Runs first: later workloads write more. */
export async function storage(stage: Stage): Promise<readonly Workload[]> {
  const metric = (name: string) => ({ name, unit: 'bytes/entity', better: 'lower' as const });
  return [
    {
      name: 'storage: an entity of 12 values',
      metrics: ['tables in Postgres', 'indexes in Postgres', 'WAL', 'ClickHouse'].map(metric),
      atlas: async (): Promise<Figures> => {
        const { entities } = stage.options;
        const parts = await Promise.all(
          stage.primaries.map((primary) => primary.query<{ tables: string; indexes: string }>(SIZES)),
        );
        const total = (name: 'tables' | 'indexes') =>
          parts.reduce((sum, { rows }) => sum + Number(rows[0]?.[name] ?? Number.NaN), 0);
        const [clickhouse] = await queryClickHouse<{ bytes: string }>(
          stage,
          "SELECT sum(bytes_on_disk) AS bytes FROM system.parts WHERE active AND database = currentDatabase() AND table IN ('entity', 'entity_attribute', 'audit')",
        );
        return {
          'tables in Postgres': total('tables') / entities,
          'indexes in Postgres': total('indexes') / entities,
          WAL: stage.filledWalBytes / entities,
          ClickHouse: Number(clickhouse?.bytes) / entities,
        };
      },
      baseline: null,
      ...{ warmsUp: false, rounds: 1 },
    },
  ];
}
