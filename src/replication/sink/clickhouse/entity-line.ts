import type { ShardId } from '../../../domain/identifiers.ts';
import type { EntityTuple } from '../../change.ts';
import { timestampMs } from '../../timestamp-text.ts';
import { field } from './row-buffer.ts';

const KEY_COLUMNS = ['tenant_id', 'entity_id', 'shard', 'lsn', 'is_deleted'] as const;

/** The columns of ClickHouse's table `entity`, in the order of entityLine. */
export const ENTITY_LINE_COLUMNS = [
  ...KEY_COLUMNS,
  ...['type', 'version', 'created_at', 'updated_at', 'attributes', 'attribute_updated_at'],
  ...['text_1', 'text_2', 'text_3', 'text_4', 'number_1', 'number_2', 'number_3', 'number_4'],
  ...['boolean_1', 'boolean_2', 'timestamp_1', 'timestamp_2'],
];

/** The values of a deleted entity in the columns after the key. */
const NOTHING = `\t\t0\t0\t0\t\t${'\t\\N'.repeat(12)}`;

/** @param lsn of two rows of one entity the one with the higher lsn wins. */
export function entityLine(row: EntityTuple, shard: ShardId, lsn: string): string {
  const key = `${row.tenant_id}\t${row.entity_id}\t${shard}\t${lsn}\t0`;
  const times = `${timestampMs(row.created_at)}\t${timestampMs(row.updated_at)}`;
  const json = `${field(row.attributes)}\t${field(row.attribute_updated_at)}`;
  const texts = `${field(row.text_1)}\t${field(row.text_2)}\t${field(row.text_3)}\t${field(row.text_4)}`;
  const numbers = `${field(row.number_1)}\t${field(row.number_2)}\t${field(row.number_3)}\t${field(row.number_4)}`;
  const booleans = `${field(row.boolean_1)}\t${field(row.boolean_2)}`;
  const timestamps = `${milliseconds(row.timestamp_1)}\t${milliseconds(row.timestamp_2)}`;
  return `${key}\t${field(row.type)}\t${row.version}\t${times}\t${json}\t${texts}\t${numbers}\t${booleans}\t${timestamps}`;
}

export function entityTombstoneLine(row: EntityTuple, shard: ShardId, lsn: string): string {
  return `${row.tenant_id}\t${row.entity_id}\t${shard}\t${lsn}\t1${NOTHING}`;
}

function milliseconds(text: string | null): string {
  return text === null ? '\\N' : String(timestampMs(text));
}
