import { createHash } from 'node:crypto';
import { AtlasError } from '../domain/errors.ts';
import { type EntityId, isEntityId, parseEntityId, type TenantId } from '../domain/identifiers.ts';
import { canonicalJson, type JsonValue } from '../lib/canonical-json.ts';
import { isAbsent } from './cell.ts';
import { KeyOccurrences } from './key-occurrences.ts';
import type { DataRow, RawValue } from './sources/row-source.ts';

/** Where the entity ids of an import come from. The same file always gives the same ids. Columns go by their names. */
export type IdSource =
  /** A hash of the row's whole content and of how many identical rows came before it in the file. */
  | { readonly kind: 'content' }
  /** A hash of these columns, which no two rows share. */
  | { readonly kind: 'key'; readonly columns: readonly string[] }
  /** The column itself: whole numbers from 1, no two alike. */
  | { readonly kind: 'column'; readonly column: string }
  /** `base` + the row's number. */
  | { readonly kind: 'base'; readonly base: bigint };

/** Gives each row of one file its entity id. To be asked in the order of the file, at most once for each row. */
export class RowIdentity {
  readonly #occurrences = new KeyOccurrences();

  constructor(
    readonly source: IdSource,
    readonly tenantId: TenantId,
    readonly type: string,
    readonly untyped: boolean,
  ) {}

  /** @throws AtlasError BAD_USER_INPUT where the row has no usable id, or one that an earlier row had. */
  idOf(row: DataRow): EntityId {
    switch (this.source.kind) {
      case 'content':
        return this.#contentId(row);
      case 'key':
        return this.#keyId(row, this.source.columns);
      case 'column':
        return this.#columnId(row, this.source.column);
      case 'base':
        return parseEntityId((this.source.base + BigInt(row.number)).toString());
    }
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
        `The row lacks a part of its key (${columns.join(', ')}): give all of them.`,
      );
    }
    // By place, not by name: renaming the key's column does not rename the entities.
    const hash = this.#hash(
      'key',
      columns.map((column) => String(present[column])),
    );
    if (this.#count(hash) > 0) throw repeated(columns.join(', '), canonicalJson(Object.values(present)));
    return toEntityId(hash);
  }

  #columnId(row: DataRow, column: string): EntityId {
    const value = row.fields[column];
    const id = typeof value === 'number' || typeof value === 'string' ? String(value).trim() : '';
    if (!isEntityId(id)) {
      throw new AtlasError(
        'BAD_USER_INPUT',
        `${column} is no entity id here: it must be a whole number from 1 in every row (other keys are given as key columns).`,
      );
    }
    if (this.#count(this.#hash('column', id)) > 0) throw repeated(column, id);
    return id;
  }

  #present(row: DataRow, columns: readonly string[]): Record<string, JsonValue> {
    const present: Record<string, JsonValue> = {};
    for (const column of columns) {
      const value: RawValue = row.fields[column];
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

/** The hash's first 63 bits; never 0. */
function toEntityId(hash: Buffer): EntityId {
  const id = BigInt.asUintN(63, hash.readBigUInt64BE(0));
  return (id === 0n ? 1n : id).toString();
}

function repeated(column: string, value: string): AtlasError {
  const shown = value.length > 60 ? `${value.slice(0, 60)}…` : value;
  return new AtlasError(
    'BAD_USER_INPUT',
    `An earlier row of the file has the same ${column} (${shown}): keep one of them.`,
  );
}
