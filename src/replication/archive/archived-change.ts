import type { SchemaElement } from 'hyparquet';
import type { ColumnSource } from 'hyparquet-writer';

/** One row of the archive, as its columns are named. Keys are those at the time of writing. */
export interface ArchivedChange {
  readonly tenant_id: number;
  readonly shard: string;
  readonly position: bigint;
  readonly entity_id: bigint;
  /** Null of an erasure, as are `version`, `created_at` and `previous_at`. */
  readonly entity_type: string | null;
  readonly operation: string;
  readonly version: bigint | null;
  readonly at: Date;
  readonly previous_at: Date | null;
  readonly created_at: Date | null;
  readonly subject: string | null;
  readonly attributes: readonly ArchivedValue[];
}

export interface ArchivedValue {
  readonly id: number;
  /** Null: the attribute has no definition any more. */
  readonly key: string | null;
  readonly type: string | null;
  /** JSON; null: there was none. */
  readonly before: string | null;
  /** When it had been set; null: when the entity was created. */
  readonly before_at: Date | null;
  readonly after: string | null;
}

type Column = Omit<SchemaElement, 'name' | 'repetition_type'>;

const TEXT: Column = { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } };
const INT: Column = { type: 'INT32' };
const LONG: Column = { type: 'INT64' };
const MOMENT: Column = {
  type: 'INT64',
  converted_type: 'TIMESTAMP_MILLIS',
  logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' },
};

const required = (name: string, column: Column): SchemaElement => ({ name, ...column, repetition_type: 'REQUIRED' });
const optional = (name: string, column: Column): SchemaElement => ({ name, ...column, repetition_type: 'OPTIONAL' });

const OWN: readonly SchemaElement[] = [
  required('tenant_id', INT),
  required('shard', TEXT),
  required('position', LONG),
  required('entity_id', LONG),
  optional('entity_type', TEXT),
  required('operation', TEXT),
  optional('version', LONG),
  required('at', MOMENT),
  optional('previous_at', MOMENT),
  optional('created_at', MOMENT),
  optional('subject', TEXT),
];

const OF_VALUE: readonly SchemaElement[] = [
  required('id', INT),
  optional('key', TEXT),
  optional('type', TEXT),
  optional('before', TEXT),
  optional('before_at', MOMENT),
  optional('after', TEXT),
];

const NAMES = [...OWN.map(({ name }) => name), 'attributes'] as readonly (keyof ArchivedChange)[];

export function archiveSchema(): SchemaElement[] {
  return [
    { name: 'root', num_children: NAMES.length },
    ...OWN,
    {
      ...{ name: 'attributes', num_children: 1, repetition_type: 'REQUIRED' },
      ...{ converted_type: 'LIST', logical_type: { type: 'LIST' } },
    },
    { name: 'list', num_children: 1, repetition_type: 'REPEATED' },
    { name: 'element', num_children: OF_VALUE.length, repetition_type: 'REQUIRED' },
    ...OF_VALUE,
  ];
}

export function columnsOf(rows: readonly ArchivedChange[]): ColumnSource[] {
  return NAMES.map((name) => ({ name, data: rows.map((row) => row[name]) })) as ColumnSource[];
}

/** About what the row takes in memory, in bytes. */
export function sizeOf({ attributes }: ArchivedChange): number {
  return attributes.reduce(
    (sum, { before, after }) => sum + ROW_BYTES + 2 * ((before?.length ?? 0) + (after?.length ?? 0)),
    ROW_BYTES,
  );
}

const ROW_BYTES = 200;
