import type { ShardId } from '../../../domain/identifiers.ts';
import type { EntityTuple } from '../../change.ts';
import { timestampMs } from '../../timestamp-text.ts';
import { field } from './row-buffer.ts';

/** Where a row comes from, with integers as decimal digits. */
export interface RowOrigin {
  readonly shard: ShardId;
  readonly copy_id: string;
  readonly lsn: string;
  readonly row_version: string;
}

type EntityTupleKey = Pick<EntityTuple, 'tenant_id' | 'entity_id'>;

const KEY_COLUMNS = ['tenant_id', 'entity_id', 'shard', 'copy_id', 'lsn', 'row_version', 'is_deleted'] as const;

/** The columns of ClickHouse's table `entity`, in the order of entityLine. */
export const ENTITY_LINE_COLUMNS = [
  ...KEY_COLUMNS,
  ...['type', 'version', 'created_at', 'updated_at', 'attributes', 'attribute_updated_at', 'json_texts'],
  ...['text_1', 'text_2', 'text_3', 'text_4', 'number_1', 'number_2', 'number_3', 'number_4'],
  ...['boolean_1', 'boolean_2', 'timestamp_1', 'timestamp_2'],
];

/** The values of a deleted entity in the columns after the key. */
const NOTHING = `\t\t0\t0\t0\t\t\t{}${'\t\\N'.repeat(12)}`;

/** @param jsonTexts as a field. */
export function entityLine(row: EntityTuple, jsonTexts: string, origin: RowOrigin): string {
  const times = `${timestampMs(row.created_at)}\t${timestampMs(row.updated_at)}`;
  const json = `${field(row.attributes)}\t${field(row.attribute_updated_at)}\t${jsonTexts}`;
  const texts = `${field(row.text_1)}\t${field(row.text_2)}\t${field(row.text_3)}\t${field(row.text_4)}`;
  const numbers = `${field(row.number_1)}\t${field(row.number_2)}\t${field(row.number_3)}\t${field(row.number_4)}`;
  const booleans = `${field(row.boolean_1)}\t${field(row.boolean_2)}`;
  const timestamps = `${milliseconds(row.timestamp_1)}\t${milliseconds(row.timestamp_2)}`;
  return `${keyFields(row, origin)}\t0\t${field(row.type)}\t${row.version}\t${times}\t${json}\t${texts}\t${numbers}\t${booleans}\t${timestamps}`;
}

export function entityTombstoneLine(row: EntityTupleKey, origin: RowOrigin): string {
  return `${keyFields(row, origin)}\t1${NOTHING}`;
}

function keyFields({ tenant_id, entity_id }: EntityTupleKey, { shard, copy_id, lsn, row_version }: RowOrigin): string {
  return `${tenant_id}\t${entity_id}\t${shard}\t${copy_id}\t${lsn}\t${row_version}`;
}

function milliseconds(text: string | null): string {
  return text === null ? '\\N' : String(timestampMs(text));
}
