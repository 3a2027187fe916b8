import type { ClickHouseDatabase } from '../../../src/connections/clickhouse/clickhouse-database.ts';
import { canonicalJson, type JsonValue } from '../../../src/lib/canonical-json.ts';
import { markCopy } from '../../../src/watermarks/copy-markers.ts';
import { storedRows } from './fill-postgres.ts';
import { jsonbText } from './jsonb-text.ts';
import { CATALOG } from './sample-catalog.ts';
import type { SampleEntity } from './sample-entity.ts';

/** The copy of shard s0 that fillClickHouse fills. */
export const COPY_ID = 1n;

/**
 * Replaces all entities by these, as the replicator would store them in COPY_ID: `printed` is how Postgres prints
 * the attributes of the entity at an index, `lsn` the position of the commit that wrote it.
 */
export async function fillClickHouse(
  database: ClickHouseDatabase,
  entities: readonly SampleEntity[],
  printed: (index: number) => string = (index) => jsonbText(entities[index]?.record.attributes as JsonValue),
  lsn: (index: number) => bigint = () => 99n,
): Promise<void> {
  await Promise.all(['entity', 'entity_attribute'].map((table) => database.command(`TRUNCATE TABLE ${table}`)));
  const { rows, attributeRows } = storedRows(entities, (moment) => moment);
  const indexOf = new Map(entities.map(({ tenantId, record }, index) => [`${tenantId} ${record.id}`, index]));
  const origin = (row: Record<string, unknown>) => ({
    ...{ shard: 's0', copy_id: String(COPY_ID), row_version: '1', is_deleted: 0 },
    lsn: String(lsn(indexOf.get(`${row.tenant_id} ${row.entity_id}`) ?? 0)),
  });
  const entityRows = rows.map((row, index) => ({
    ...row,
    ...origin(row),
    attributes: printed(index),
    json_texts: jsonTexts(entities[index]?.record.attributes ?? {}),
    attribute_updated_at: JSON.stringify(row.attribute_updated_at),
  }));
  await Promise.all([
    markCopy(database, 's0', COPY_ID),
    database.insert('entity', entityRows),
    database.insert(
      'entity_attribute',
      attributeRows.map(({ value_list, ...row }) => ({
        ...row,
        ...origin(row),
        ...(value_list !== undefined && { value_text: value_list }),
      })),
    ),
  ]);
}

/** Says what a copy of a shard is known to contain. */
export function storeWatermark(
  database: ClickHouseDatabase,
  shard: string,
  given: { copyId?: bigint; lsn?: bigint; heartbeatAt?: number | null } = {},
): Promise<void> {
  const { copyId = COPY_ID, lsn = 100n, heartbeatAt = null } = given;
  const heartbeat_at = heartbeatAt === null ? null : Math.round(heartbeatAt * 1_000);
  return database.insert('replication_watermark', [
    { shard, copy_id: String(copyId), lsn: String(lsn), heartbeat_at, pending_messages: 0 },
  ]);
}

function jsonTexts(attributes: Readonly<Record<string, JsonValue>>): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const { id } of [CATALOG.json, CATALOG.textList, CATALOG.numberList]) {
    const value = attributes[id];
    if (value !== undefined) texts[id] = canonicalJson(value);
  }
  return texts;
}
