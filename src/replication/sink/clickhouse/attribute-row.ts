import type { AttributeDefinition, AttributeLookup, AttributeValue } from '../../../domain/catalog/attribute.ts';
import { placeOf, type RowColumn } from '../../../domain/catalog/attribute-place.ts';
import type { ShardId } from '../../../domain/identifiers.ts';
import { indexedForm } from '../../../domain/values/indexed-form.ts';
import { canonicalJson, type JsonValue } from '../../../lib/canonical-json.ts';
import type { EntityTuple } from '../../change.ts';
import { UnknownAttributeError } from '../change-sink.ts';
import { field } from './row-buffer.ts';

/** A row of ClickHouse's table `entity_attribute`. 64-bit integers are decimal digits; a value that is not named is null. */
export interface AttributeRow extends Partial<Record<RowColumn, string | number | boolean>> {
  readonly tenant_id: string;
  readonly attribute_id: number;
  readonly entity_id: string;
  readonly shard: ShardId;
  readonly lsn: string;
  readonly is_deleted: 0 | 1;
}

/** The columns of an AttributeRow, in the order of attributeLine. */
export const ATTRIBUTE_LINE_COLUMNS = [
  ...['tenant_id', 'attribute_id', 'entity_id', 'shard', 'lsn', 'is_deleted'],
  ...['value_text', 'value_number', 'value_boolean', 'value_timestamp'],
];

export function attributeLine(row: AttributeRow): string {
  const key = `${row.tenant_id}\t${row.attribute_id}\t${row.entity_id}\t${row.shard}\t${row.lsn}\t${row.is_deleted}`;
  const scalars = `${field(row.value_number)}\t${field(row.value_boolean)}\t${field(row.value_timestamp)}`;
  return `${key}\t${field(row.value_text)}\t${scalars}`;
}

type Attributes = Readonly<Record<string, AttributeValue>>;
type Keys = Pick<AttributeRow, 'tenant_id' | 'entity_id' | 'shard' | 'lsn'>;

const NONE: Attributes = {};

/**
 * The rows that turn what ClickHouse has of an entity's filterable attributes from `before` (null: it was not there)
 * into `after` (null: it is gone). Hot attributes have none, because they are columns of the entity row.
 * @throws UnknownAttributeError, in which case no row was made.
 */
export function attributeRows(
  before: EntityTuple | null,
  after: EntityTuple | null,
  keys: Keys,
  lookup: Pick<AttributeLookup, 'byId'>,
): AttributeRow[] {
  const rows: AttributeRow[] = [];
  if (before?.attributes === after?.attributes) return rows;
  const old = before === null ? NONE : parse(before);
  const current = after === null ? NONE : parse(after);
  for (const name in current) {
    const value = current[name] as AttributeValue;
    const previous = old[name];
    if (previous !== undefined && isEqual(previous, value)) continue;
    const definition = define(name, lookup);
    const place = placeOf(definition);
    if (place?.kind === 'row') rows.push(upsert(definition, place.column, value, keys));
  }
  for (const name in old) {
    if (current[name] !== undefined) continue;
    const definition = define(name, lookup);
    if (placeOf(definition)?.kind === 'row') rows.push({ ...keys, attribute_id: definition.id, is_deleted: 1 });
  }
  return rows;
}

function parse(tuple: EntityTuple): Attributes {
  return JSON.parse(tuple.attributes) as Attributes;
}

function define(name: string, lookup: Pick<AttributeLookup, 'byId'>): AttributeDefinition {
  const id = Number(name);
  const definition = lookup.byId(id);
  if (definition === undefined) throw new UnknownAttributeError(id);
  return definition;
}

function isEqual(a: JsonValue, b: JsonValue): boolean {
  if (a === b) return true;
  return typeof a === 'object' && typeof b === 'object' && canonicalJson(a) === canonicalJson(b);
}

function upsert({ id, type }: AttributeDefinition, column: RowColumn, value: AttributeValue, keys: Keys): AttributeRow {
  const { tenant_id, entity_id, shard, lsn } = keys;
  const indexed = indexedForm(type, value);
  const row: AttributeRow = { tenant_id, attribute_id: id, entity_id, shard, lsn, is_deleted: 0 };
  // ClickHouse holds moments as milliseconds since the epoch.
  row[column] = type === 'TIMESTAMP' ? Date.parse(indexed as string) : indexed;
  return row;
}
