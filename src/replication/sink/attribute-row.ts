import type {
  AttributeDefinition,
  AttributeId,
  AttributeLookup,
  AttributeValue,
} from '../../domain/catalog/attribute.ts';
import type { ShardId } from '../../domain/identifiers.ts';
import { indexedText } from '../../domain/values/indexed-text.ts';
import { canonicalJson, type JsonValue } from '../../lib/canonical-json.ts';

import type { EntityTuple } from '../entity-tuple.ts';
import { field } from './tab-separated.ts';

/** A row of ClickHouse's table `entity_attribute`. 64-bit integers are decimal digits; a value that is not named is null. */
export interface AttributeRow {
  readonly tenant_id: string;
  readonly attribute_id: number;
  readonly entity_id: string;
  readonly shard: ShardId;
  readonly value_text?: string;
  readonly value_number?: number;
  readonly value_boolean?: boolean;
  /** Milliseconds since the epoch. */
  readonly value_timestamp?: number;
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

/** The data holds an attribute that the catalog does not know (yet): its definition travels on a way of its own. */
export class UnknownAttributeError extends Error {
  constructor(readonly id: AttributeId) {
    super(`Attribute ${id} is in the data, but not in the attribute catalog: waiting for its definition.`);
    this.name = 'UnknownAttributeError';
  }
}

type Attributes = Readonly<Record<string, AttributeValue>>;
type Keys = Pick<AttributeRow, 'tenant_id' | 'entity_id' | 'shard' | 'lsn'>;

const NONE: Attributes = {};

/**
 * The rows that turn what ClickHouse has of an entity's filterable attributes from `before` (null: it was not there)
 * into `after` (null: it is gone). Hot attributes have none, they are columns of the entity row.
 * @throws UnknownAttributeError, and then nothing was made.
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
    if (hasRow(definition)) rows.push(upsert(definition, value, keys));
  }
  for (const name in old) {
    if (current[name] !== undefined) continue;
    const definition = define(name, lookup);
    if (hasRow(definition)) rows.push({ ...keys, attribute_id: definition.id, is_deleted: 1 });
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

function hasRow(definition: AttributeDefinition): boolean {
  return definition.filterable && definition.hotColumn === null;
}

function isEqual(a: JsonValue, b: JsonValue): boolean {
  if (a === b) return true;
  return typeof a === 'object' && typeof b === 'object' && canonicalJson(a) === canonicalJson(b);
}

function upsert({ id, type }: AttributeDefinition, value: AttributeValue, keys: Keys): AttributeRow {
  const { tenant_id, entity_id, shard, lsn } = keys;
  const row = { tenant_id, attribute_id: id, entity_id, shard, lsn, is_deleted: 0 as const };
  switch (type) {
    case 'TEXT':
      return { ...row, value_text: indexedText(value as string) };
    case 'NUMBER':
      return { ...row, value_number: value as number };
    case 'BOOLEAN':
      return { ...row, value_boolean: value as boolean };
    case 'TIMESTAMP':
      return { ...row, value_timestamp: Date.parse(value as string) };
    case 'JSON':
      return { ...row, value_text: indexedText(canonicalJson(value)) };
  }
}
