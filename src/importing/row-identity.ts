import { createHash } from 'node:crypto';
import type { EntityWrite } from '../datasources/entity-writer.ts';
import type { TenantCatalog } from '../domain/catalog/attribute.ts';
import type { UniqueAttribute } from '../domain/catalog/unique-attribute.ts';
import { checkEntityType } from '../domain/entity-type.ts';
import { AtlasError } from '../domain/errors.ts';
import { EXPORT_COLUMNS, isExportColumn } from '../domain/export-columns.ts';
import { keyedId } from '../domain/external-key.ts';
import { type EntityId, isEntityId, parseEntityId, type TenantId } from '../domain/identifiers.ts';
import { canonicalJson, type JsonValue } from '../lib/canonical-json.ts';
import { isAbsent } from './cell.ts';
import type { InferredColumn } from './infer-columns.ts';
import { KeyOccurrences } from './key-occurrences.ts';
import type { DataRow, RawValue } from './sources/row-source.ts';

/** How entity ids are assigned in an import. The same file always gives the same ids. Columns are identified by name. */
export type IdSource =
  /** A hash of the entire content of the row and of the number of identical rows before it in the file. */
  | { readonly kind: 'content' }
  /** A hash of these columns, whose combination must be unique. */
  | { readonly kind: 'key'; readonly columns: readonly string[] }
  /** The value of the column: unique integers from 1. */
  | { readonly kind: 'column'; readonly column: string }
  /** `base` + the row number. */
  | { readonly kind: 'base'; readonly base: bigint }
  /** The value of the type's unique attribute. */
  | { readonly kind: 'unique'; readonly attribute: UniqueAttribute }
  /** That of the entity which was exported. */
  | { readonly kind: 'exported' };

/**
 * The same id source with attribute keys replaced by the names of the columns in the file.
 * @throws AtlasError BAD_USER_INPUT if the source has no such column.
 */
export function resolveIdColumns(ids: IdSource, columns: readonly InferredColumn[], source: string): IdSource {
  // A source without rows has no columns, which is not an error.
  if (columns.length === 0) return ids;
  const resolve = (wanted: string): string => {
    const column = columns.find(({ name }) => name === wanted) ?? columns.find(({ key }) => key === wanted);
    if (column !== undefined) return column.name;
    const names = columns.slice(0, 20).map(({ name }) => name);
    throw new AtlasError(
      'BAD_USER_INPUT',
      `${source} has no column ${JSON.stringify(wanted)}; its columns are ${names.join(', ')}${columns.length > 20 ? ' …' : ''}.`,
    );
  };
  switch (ids.kind) {
    case 'column':
      return { kind: 'column', column: resolve(ids.column) };
    case 'key':
      return { kind: 'key', columns: ids.columns.map(resolve) };
    default:
      return ids;
  }
}

/**
 * The id source of a file whose type has a key: entities are found by it, unless the file has ids.
 * @param columns With their keys in the catalog.
 * @throws AtlasError BAD_USER_INPUT if the ids are to come from something else, or no column has the key.
 */
export function keyedIds(
  ids: IdSource,
  attribute: UniqueAttribute | undefined,
  columns: readonly InferredColumn[],
  { source, type }: { readonly source: string; readonly type: string | null },
): IdSource {
  if (attribute === undefined || ids.kind === 'column' || ids.kind === 'exported') return ids;
  const { key } = attribute;
  if (ids.kind !== 'content') {
    throw new AtlasError(
      'BAD_USER_INPUT',
      `Entities of type "${type}" are found by their key "${key}", whose value decides the id; leave --key and --id-base out.`,
    );
  }
  // A source without rows has no columns, which is not an error.
  if (columns.length > 0 && columns.every((column) => column.key !== key)) {
    throw new AtlasError(
      'BAD_USER_INPUT',
      `${source} has no column for "${key}", the key of entities of type "${type}"; add one, or ids with --id-column.`,
    );
  }
  return { kind: 'unique', attribute };
}

/** The key of the type of a file's entities; undefined if it has none, or if each row has its own type. */
export function keyOfFile(catalog: TenantCatalog, type: string | null): UniqueAttribute | undefined {
  return type === null ? undefined : catalog.keyOfType(type);
}

/** The columns that become attributes: all but those of the id, and of an export. `ids` as resolveIdColumns returns it. */
export function describedColumns(columns: readonly InferredColumn[], ids: IdSource): readonly InferredColumn[] {
  return columns.filter(({ name }) => !isOwnColumn(name, ids));
}

/** Whether the column says which entity a row is, and does not become an attribute. */
export function isOwnColumn(name: string, ids: IdSource): boolean {
  return ids.kind === 'column' ? name === ids.column : ids.kind === 'exported' && isExportColumn(name);
}

/** Maximum number of cells of a row: those that become attributes, and the id. */
export function mostCells(
  ids: IdSource,
  { maxAttributesPerEntity }: { readonly maxAttributesPerEntity: number },
): number {
  return maxAttributesPerEntity + (ids.kind === 'column' ? 1 : 0);
}

/** Assigns entity ids to the rows of one file. Call `idOf` in file order, at most once per row. */
export class RowIdentity {
  readonly #occurrences = new KeyOccurrences();

  constructor(
    readonly source: IdSource,
    readonly tenantId: TenantId,
    /** Null: each row has its own, as an export. */
    readonly type: string | null,
    readonly untyped: boolean,
  ) {}

  /**
   * @param set What the row sets, of which a unique attribute decides the id.
   * @throws AtlasError BAD_USER_INPUT if the row has no valid id, or the id of an earlier row.
   */
  idOf(row: DataRow, set: EntityWrite['set'] = []): EntityId {
    switch (this.source.kind) {
      case 'content':
        return this.#contentId(row);
      case 'key':
        return this.#keyId(row, this.source.columns);
      case 'column':
        return this.#columnId(row, this.source.column);
      case 'unique':
        return this.#uniqueId(set, this.source.attribute, this.typeOf(row));
      case 'exported':
        return this.#columnId(row, EXPORT_COLUMNS.id);
      case 'base':
        return parseEntityId((this.source.base + BigInt(row.number)).toString());
    }
  }

  /** @throws AtlasError BAD_USER_INPUT if the row has no valid type. */
  typeOf(row: DataRow): string {
    if (this.type !== null) return this.type;
    const type = cellOf(row, EXPORT_COLUMNS.type);
    const text = typeof type === 'string' ? type : '';
    checkEntityType(text);
    return text;
  }

  #contentId(row: DataRow): EntityId {
    const content = this.#hash('content', this.#present(row, Object.keys(row.fields)));
    const before = this.#count(content);
    return toEntityId(before === 0 ? content : this.#hash('repeated', [content.toString('hex'), before]));
  }

  #keyId(row: DataRow, columns: readonly string[]): EntityId {
    const present = this.#present(row, columns);
    if (Object.keys(present).length < columns.length) {
      throw new AtlasError(
        'BAD_USER_INPUT',
        `The row lacks a value for one of its key columns; expected values for ${columns.join(', ')}.`,
      );
    }
    // By position, not by name, so that renaming a key column does not change the ids.
    const hash = this.#hash(
      'key',
      columns.map((column) => keyText(present[column] ?? null)),
    );
    if (this.#count(hash) > 0) throw repeated(columns.join(', '), canonicalJson(Object.values(present)));
    return toEntityId(hash);
  }

  #columnId(row: DataRow, column: string): EntityId {
    const value = cellOf(row, column);
    const id = typeof value === 'number' || typeof value === 'string' ? String(value).trim() : '';
    if (!isEntityId(id)) {
      throw new AtlasError(
        'BAD_USER_INPUT',
        `Column ${column} does not contain a valid entity id; expected an integer from 1. For other keys, use key columns.`,
      );
    }
    if (this.#count(this.#hash('column', id)) > 0) throw repeated(column, id);
    return id;
  }

  #uniqueId(set: EntityWrite['set'], attribute: UniqueAttribute, type: string): EntityId {
    const id = keyedId(this.tenantId, attribute, { id: null, type, set, remove: [] });
    if (this.#count(this.#hash('unique', id)) > 0) {
      const value = set.find((one) => one.attribute.id === attribute.id)?.value ?? null;
      throw repeated(attribute.key, canonicalJson(value));
    }
    return id;
  }

  #present(row: DataRow, columns: readonly string[]): Record<string, JsonValue> {
    const present: Record<string, JsonValue> = Object.create(null);
    for (const column of columns) {
      const value: RawValue = cellOf(row, column);
      if (!isAbsent(value, this.untyped)) present[column] = value instanceof Date ? value.toJSON() : value;
    }
    return present;
  }

  #hash(purpose: string, content: JsonValue): Buffer {
    const text = canonicalJson([purpose, this.tenantId, this.type, content]);
    return createHash('sha256').update(text).digest();
  }

  #count(hash: Buffer): number {
    return this.#occurrences.add(hash.readUInt32BE(0), hash.readUInt32BE(4));
  }
}

/** The text of a text, a number or a boolean, so that every format gives the same id; the canonical JSON of an object or an array. */
const keyText = (value: JsonValue): string =>
  value !== null && typeof value === 'object' ? canonicalJson(value) : String(value);

/** Undefined if the row lacks the column, also if its name is that of an inherited property such as `constructor`. */
function cellOf({ fields }: DataRow, column: string): RawValue {
  return Object.hasOwn(fields, column) ? fields[column] : undefined;
}

/** 63 bits of the hash; never 0. */
function toEntityId(hash: Buffer): EntityId {
  const id = BigInt.asUintN(63, hash.readBigUInt64BE(0));
  return (id === 0n ? 1n : id).toString();
}

function repeated(column: string, value: string): AtlasError {
  const shown = value.length > 60 ? `${value.slice(0, 60)}…` : value;
  return new AtlasError(
    'BAD_USER_INPUT',
    `An earlier row of the file has the same value of ${column}, ${shown}; expected unique values.`,
  );
}
