import type { ClickHouseDatabase } from '../connections/clickhouse/clickhouse-database.ts';
import type { AttributeLookup } from '../domain/catalog/attribute.ts';
import type { ShardId } from '../domain/identifiers.ts';
import { changeVersion, type EntityTuple } from '../replication/change.ts';
import { UnknownAttributeError } from '../replication/sink/change-sink.ts';
import { ATTRIBUTE_LINE_COLUMNS, attributeLine } from '../replication/sink/clickhouse/attribute-row.ts';
import {
  ENTITY_LINE_COLUMNS,
  entityLine,
  entityTombstoneLine,
  type RowOrigin,
} from '../replication/sink/clickhouse/entity-line.ts';
import { jsonTexts } from '../replication/sink/clickhouse/json-texts.ts';
import { RowBuffer } from '../replication/sink/clickhouse/row-buffer.ts';
import { ChangeDefinitions, parseAttributes } from '../replication/sink/clickhouse/tuple-attributes.ts';
import { type RowDifference, rowText } from './difference.ts';
import type { EntityKey } from './entity-range.ts';
import type { AttributeTuple, PostgresTuples } from './postgres-rows.ts';

/** The copy that is repaired. Once a newer one is read, what is written to this one is seen by nobody. */
export interface RepairedCopy {
  readonly clickhouse: ClickHouseDatabase;
  readonly shard: ShardId;
  readonly copyId: bigint;
  readonly attributes: AttributeLookup;
}

/**
 * Writes rows that differ as Postgres has them. Their version is that of a commit just before `lower`, where there is none: above every
 * change that Postgres has shown, and below every other.
 * @param lower as proven for these tuples.
 */
export async function writeRepair(
  { clickhouse, shard, copyId, attributes: lookup }: RepairedCopy,
  differences: readonly RowDifference[],
  tuples: PostgresTuples,
  lower: bigint,
): Promise<void> {
  const lsn = lower - 1n;
  const origin = {
    ...{ shard, copy_id: String(copyId) },
    ...{ lsn: String(lsn), row_version: String(changeVersion(lsn, 0)) },
  };
  const entities = new Map(tuples.entities.map((row) => [rowText(Number(row.tenant_id), row.entity_id, null), row]));
  const attributes = new Map(
    tuples.attributes.map((row) => [rowText(row.tenant_id, row.entity_id, row.attribute_id), row]),
  );
  const entityLines = new RowBuffer();
  const attributeLines = new RowBuffer();
  for (const { key, attributeId } of differences) {
    const row = rowText(key.tenantId, key.entityId, attributeId);
    if (attributeId !== null) attributeLines.append(attributeRowLine(key, attributeId, origin, attributes.get(row)));
    else entityLines.append(await entityRowLine(key, origin, entities.get(row), lookup));
  }
  await clickhouse.insertLines('entity_attribute', ATTRIBUTE_LINE_COLUMNS, attributeLines.chunks());
  await clickhouse.insertLines('entity', ENTITY_LINE_COLUMNS, entityLines.chunks());
}

/** Removes what has a version beyond the end of the WAL: it would win over every repair and every change. */
export async function removeFutureRows(
  { clickhouse, copyId }: RepairedCopy,
  differences: readonly RowDifference[],
  end: bigint,
): Promise<void> {
  const keys = differences.filter(({ kind }) => kind === 'future').map(({ key }) => key);
  if (keys.length === 0) return;
  for (const table of ['entity', 'entity_attribute']) {
    await clickhouse.command(
      `ALTER TABLE ${table} DELETE WHERE copy_id = {copyId:UInt64} AND row_version > {version:UInt128}
AND (tenant_id, entity_id) IN arrayZip({tenants:Array(UInt32)}, {entities:Array(UInt64)}) SETTINGS mutations_sync = 2`,
      {
        copyId,
        version: changeVersion(end, 0),
        tenants: keys.map(({ tenantId }) => tenantId),
        entities: keys.map(({ entityId }) => entityId),
      },
    );
  }
}

async function entityRowLine(
  key: EntityKey,
  origin: RowOrigin,
  row: EntityTuple | undefined,
  lookup: AttributeLookup,
): Promise<string> {
  if (row === undefined) {
    return entityTombstoneLine({ tenant_id: String(key.tenantId), entity_id: String(key.entityId) }, origin);
  }
  const texts = () => jsonTexts(parseAttributes(row), new ChangeDefinitions(lookup));
  try {
    return entityLine(row, texts(), origin);
  } catch (error) {
    if (!(error instanceof UnknownAttributeError)) throw error;
    await lookup.refresh();
    return entityLine(row, texts(), origin);
  }
}

function attributeRowLine(
  { tenantId, entityId }: EntityKey,
  attributeId: number,
  origin: RowOrigin,
  row: AttributeTuple | undefined,
): string {
  const keys = { tenant_id: String(tenantId), entity_id: String(entityId), attribute_id: attributeId, ...origin };
  if (row === undefined) return attributeLine({ ...keys, is_deleted: 1 });
  return attributeLine({
    ...keys,
    is_deleted: 0,
    ...(row.value_text === null ? {} : { value_text: row.value_text }),
    ...(row.value_number === null ? {} : { value_number: row.value_number }),
    ...(row.value_boolean === null ? {} : { value_boolean: row.value_boolean }),
    ...(row.value_timestamp === null ? {} : { value_timestamp: row.value_timestamp }),
  });
}
