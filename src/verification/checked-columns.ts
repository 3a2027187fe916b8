import { ALL_HOT_COLUMNS } from '../domain/catalog/attribute.ts';
import { LIST_COLUMN, ROW_COLUMNS } from '../domain/catalog/attribute-place.ts';

type Kind = 'text' | 'json' | 'integer' | 'number' | 'boolean' | 'moment';

/** A column that both engines hold, under the same name. */
export interface CheckedColumn {
  readonly name: string;
  /** What Postgres has it in, if that is not the column of this name alone. */
  readonly postgres?: string;
  readonly kind: Kind;
}

/** One of the two tables that are compared. */
export interface CheckedTable {
  readonly name: 'entity' | 'entity_attribute';
  readonly keys: readonly string[];
  readonly columns: readonly CheckedColumn[];
}

function kindOf(column: string): Kind {
  if (column.includes('text')) return 'text';
  if (column.includes('number')) return 'number';
  return column.includes('boolean') ? 'boolean' : 'moment';
}

export const ENTITY_TABLE: CheckedTable = {
  name: 'entity',
  keys: ['tenant_id', 'entity_id'],
  columns: [
    { name: 'type', kind: 'text' },
    { name: 'version', kind: 'integer' },
    { name: 'created_at', kind: 'moment' },
    { name: 'updated_at', kind: 'moment' },
    { name: 'attributes', kind: 'json' },
    { name: 'attribute_updated_at', kind: 'json' },
    ...ALL_HOT_COLUMNS.map((name) => ({ name, kind: kindOf(name) })),
  ],
};

/** A column of ClickHouse's entity rows that Postgres does not hold: see json-texts.ts. */
export const JSON_TEXTS: CheckedColumn = { name: 'json_texts', kind: 'json' };

export const ATTRIBUTE_TABLE: CheckedTable = {
  name: 'entity_attribute',
  keys: ['tenant_id', 'entity_id', 'attribute_id'],
  columns: ROW_COLUMNS.map((name) => ({
    ...{ name, kind: kindOf(name) },
    ...(name === 'value_text' && { postgres: `coalesce(value_text, ${LIST_COLUMN})` }),
  })),
};

/**
 * The canonical text of a value: the same bytes in both engines if and only if the values are the same. Texts are the stored
 * bytes, jsonb is what Postgres prints (which is what ClickHouse stores), numbers are the 8 bytes of the float64, since the
 * engines print floats differently, and moments are milliseconds since the epoch. Null stays null.
 */
const CANONICAL: Readonly<
  Record<Kind, { readonly postgres: (c: string) => string; clickhouse: (c: string) => string }>
> = {
  text: { postgres: (c) => c, clickhouse: (c) => c },
  json: { postgres: (c) => `${c}::text`, clickhouse: (c) => c },
  integer: { postgres: (c) => `${c}::text`, clickhouse: (c) => `toString(${c})` },
  number: {
    postgres: (c) => `encode(float8send(${c}), 'hex')`,
    clickhouse: (c) => `lower(hex(reverse(reinterpretAsFixedString(${c}))))`,
  },
  boolean: { postgres: (c) => `${c}::text`, clickhouse: (c) => `toString(${c})` },
  moment: { postgres: (c) => `floor(extract(epoch FROM ${c}) * 1000)::text`, clickhouse: (c) => `toString(${c})` },
};

export type Engine = 'postgres' | 'clickhouse';

/** SQL for the canonical text of a column. */
export function canonical({ name, kind, postgres = name }: CheckedColumn, engine: Engine): string {
  return CANONICAL[kind][engine](engine === 'postgres' ? postgres : name);
}

/** SQL for the digest of a column's value: 16 hexadecimal digits; null for null. */
export function columnDigest(column: CheckedColumn, engine: Engine): string {
  return `substr(${md5(canonical(column, engine), engine)}, 1, 16)`;
}

/** What is read of a value: its digest, or the beginning of its canonical text. */
export type ValueForm = 'digest' | 'value';
const SHOWN_CHARACTERS = 1_000;

/** The name of a column that is selected in another form: ClickHouse would take the name of the column itself for an alias. */
export function valueName({ name }: CheckedColumn): string {
  return `${name}_value`;
}

/** What a select of `AS t` returns of rows that are compared column by column: the key, and all values by `valueName`. */
export function checkedColumns({ keys, columns }: CheckedTable, engine: Engine, form: ValueForm): string {
  const beginning = engine === 'postgres' ? 'left' : 'leftUTF8';
  const values = columns.map((column) => {
    const value =
      form === 'digest'
        ? columnDigest(column, engine)
        : `${beginning}(${canonical(column, engine)}, ${SHOWN_CHARACTERS})`;
    return `${value} AS ${valueName(column)}`;
  });
  return [...keys.map((key) => `t.${key} AS ${key}`), ...values].join(', ');
}

/**
 * SQL for the hash of a row, its key included: the first 64 bits of an MD5, unsigned in ClickHouse, signed in Postgres. Fields are
 * delimited by their length or have a fixed alphabet, so different rows never have the same input. Large values are hashed first,
 * because they would otherwise be printed twice, for their length and themselves.
 */
export function rowHash({ keys, columns }: CheckedTable, engine: Engine): string {
  const parts = [
    ...keys.map((key) => (engine === 'postgres' ? `${key} || ','` : `toString(${key}), ','`)),
    ...columns.map((column) => field(column, engine)),
  ];
  if (engine === 'postgres') return `('x' || substr(md5(${parts.join(' || ')}), 1, 16))::bit(64)::bigint`;
  return `reinterpretAsUInt64(reverse(substring(MD5(concat(${parts.join(', ')})), 1, 8)))`;
}

function field(column: CheckedColumn, engine: Engine): string {
  const text = canonical(column, engine);
  if (engine === 'postgres') {
    if (column.kind === 'text') return `coalesce(octet_length(${text}) || ':' || ${text}, '-')`;
    return `coalesce(${column.kind === 'json' ? md5(text, engine) : text} || ',', '-')`;
  }
  if (column.kind === 'text') return `ifNull(concat(toString(length(${text})), ':', ${text}), '-')`;
  return `ifNull(concat(${column.kind === 'json' ? md5(text, engine) : text}, ','), '-')`;
}

function md5(text: string, engine: Engine): string {
  return engine === 'postgres' ? `md5(${text})` : `lower(hex(MD5(${text})))`;
}

/** The canonical text of a value as a person reads it. */
export function readable(text: string | null, kind: Kind): string {
  if (text === null) return 'null';
  if (kind === 'number') return String(Buffer.from(text, 'hex').readDoubleBE());
  if (kind === 'moment') return new Date(Number(text)).toISOString();
  return kind === 'text' ? JSON.stringify(text) : text;
}
