import type { ClickHouseDatabase } from '../../../src/connections/clickhouse/clickhouse-database.ts';
import { jsonbText } from '../../../src/datasources/clickhouse/jsonb-text.ts';
import type { JsonValue } from '../../../src/lib/canonical-json.ts';
import { storedRows } from './fill-postgres.ts';
import type { SampleEntity } from './sample-entity.ts';

/**
 * Replaces all entities by these, as the replicator would store them: `printed` is how Postgres prints
 * the attributes of the entity at an index, `lsn` the position of every row.
 */
export async function fillClickHouse(
  database: ClickHouseDatabase,
  entities: readonly SampleEntity[],
  printed: (index: number) => string = (index) => jsonbText(entities[index]?.record.attributes as JsonValue),
  lsn = 100n,
): Promise<void> {
  await database.command('TRUNCATE TABLE entity');
  await database.command('TRUNCATE TABLE entity_attribute');
  const { rows, attributeRows } = storedRows(entities, (moment) => moment);
  const version = { shard: 's0', lsn: String(lsn), is_deleted: 0 };
  await database.insert(
    'entity',
    rows.map((row, index) => ({
      ...row,
      ...version,
      attributes: printed(index),
      attribute_updated_at: JSON.stringify(row.attribute_updated_at),
    })),
  );
  await database.insert(
    'entity_attribute',
    attributeRows.map((row) => ({ ...row, ...version })),
  );
}
