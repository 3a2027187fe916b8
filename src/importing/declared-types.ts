import { ATTRIBUTE_TYPES, type AttributeType } from '../domain/catalog/attribute.ts';
import { AtlasError } from '../domain/errors.ts';
import { EXPORT_COLUMNS } from '../domain/export-columns.ts';
import type { DataRow } from './sources/row-source.ts';

/** The types that an export declares in its rows. The values alone do not tell them: a text may look like a number or a timestamp. */
export class DeclaredTypes {
  readonly #types = new Map<string, AttributeType>();

  constructor(readonly source: string) {}

  /** @throws AtlasError BAD_USER_INPUT if the row declares something that is no type, or two types for one attribute. */
  read({ fields, number }: DataRow): void {
    const value = fields[EXPORT_COLUMNS.types];
    if (value === null || value === undefined || value === '') return;
    for (const [key, type] of Object.entries(parsed(value) ?? { '': null })) {
      if (!isType(type)) throw this.#fault(number, `expected types by keys, such as {"score":"NUMBER"}`);
      const known = this.#types.get(key);
      if (known !== undefined && known !== type) throw this.#fault(number, `"${key}" has been ${known} before`);
      this.#types.set(key, type);
    }
  }

  /** Null if no row so far has declared it. */
  typeOf(key: string): AttributeType | null {
    return this.#types.get(key) ?? null;
  }

  #fault(row: number, what: string): AtlasError {
    const message = `${this.source}: ${EXPORT_COLUMNS.types} in row ${row} is not valid: ${what}.`;
    return new AtlasError('BAD_USER_INPUT', message);
  }
}

/** JSON, or its text in formats that have none. Null if it is not an object. */
function parsed(value: unknown): object | null {
  try {
    const object = typeof value === 'string' ? JSON.parse(value) : value;
    return typeof object === 'object' && !Array.isArray(object) ? object : null;
  } catch {
    return null;
  }
}

function isType(type: unknown): type is AttributeType {
  return ATTRIBUTE_TYPES.some((known) => known === type);
}
