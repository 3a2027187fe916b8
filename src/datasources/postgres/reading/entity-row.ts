import type { AttributeValue } from '../../../domain/catalog/attribute.ts';
import type { EntityRecord } from '../../../domain/entity.ts';
import { type EntityProjection, MOST_PROJECTED } from '../../../domain/entity-projection.ts';
import { ProjectedAttributes, type StoredAttributes } from '../../../domain/projected-attributes.ts';
import type { BoundValues } from './bound-values.ts';

const IDENTITY = ['entity_id', 'type'] as const;
const STAMP = ['version', 'created_at', 'updated_at'] as const;

/** The columns of atlas.entity that make an EntityRecord. */
export const ENTITY_COLUMNS = [...IDENTITY, ...STAMP, 'attributes', 'attribute_updated_at'] as const;

interface StampColumns {
  readonly version: string;
  readonly created_at: Date;
  readonly updated_at: Date;
}

/** A projection may leave the stamp out. */
export interface EntityRow extends Partial<StampColumns> {
  readonly entity_id: string;
  readonly type: string;
  /** All of them by id; or, of a projection, the values in its order, null where the entity has none. */
  readonly attributes: StoredAttributes | readonly (AttributeValue | null)[];
  readonly attribute_updated_at?: Readonly<Record<string, number>>;
}

/** How many values a projected row may have: few numbers, so that requests for different attributes share their statements. */
const SIZES = [1, 2, 4, 8, 16, MOST_PROJECTED];

/** How entities are selected from the columns of atlas.entity, and read from the rows: whole, or as far as a projection asks for. */
export class EntityForm {
  /** The columns of a row, beside those that are not of the entity. */
  readonly columns: readonly string[];
  /** The ids of the projected attributes, to be bound; null if nothing is. */
  readonly keys: readonly string[] | null;
  readonly #projection: EntityProjection | undefined;
  /** How many values a row has. */
  readonly #size: number;

  constructor(projection?: EntityProjection) {
    const ids = projection?.attributes.map(({ id }) => String(id)) ?? [];
    this.#projection = projection;
    this.#size = ids.length === 0 ? 0 : (SIZES.find((size) => size >= ids.length) ?? MOST_PROJECTED);
    this.keys = ids.length === 0 ? null : ids;
    this.columns =
      projection === undefined
        ? ENTITY_COLUMNS
        : [
            ...IDENTITY,
            ...(projection.hasStamp ? STAMP : []),
            'attributes',
            ...(projection.hasTimes ? ['attribute_updated_at'] : []),
          ];
  }

  /** Forms with the same one have the same columns and expressions. */
  get shape(): string {
    return this.#projection === undefined ? 'whole' : `${this.#size} ${this.columns.length}`;
  }

  /** One expression for each of the columns, with the keys bound among the values of a statement. */
  select(values: BoundValues): string[] {
    return this.expressions(this.keys === null ? '' : values.bind(this.keys, 'text[]'));
  }

  /** The same. @param keys the placeholder of `keys`, of type text[]. */
  expressions(keys: string): string[] {
    if (this.#projection === undefined) return [...this.columns];
    const values = Array.from({ length: this.#size }, (_, place) => `w.attributes -> (${keys})[${place + 1}]`);
    // A large jsonb is stored compressed and apart. Each `->` would fetch all of it again; joined to an empty one, it is fetched once.
    const part =
      this.#size === 0
        ? 'NULL::jsonb'
        : `(SELECT jsonb_build_array(${values.join(', ')}) FROM (SELECT attributes || '{}' AS attributes OFFSET 0) w)`;
    return this.columns.map((column) => (column === 'attributes' ? `${part} AS attributes` : column));
  }

  /** Member by member: there may be thousands of rows. */
  record(row: EntityRow): EntityRecord {
    const projection = this.#projection;
    if (projection?.hasStamp === false) {
      const attributes = projected(projection, row);
      return { id: row.entity_id, type: row.type, attributes, attributeUpdatedAt: NOTHING };
    }
    const { version, created_at: createdAt, updated_at: updatedAt } = row as StampColumns;
    return {
      id: row.entity_id,
      type: row.type,
      version: BigInt(version),
      createdAt,
      updatedAt,
      attributes: projection === undefined ? (row.attributes as StoredAttributes) : projected(projection, row),
      attributeUpdatedAt: row.attribute_updated_at ?? NOTHING,
    };
  }
}

const NOTHING = {};
const NONE: readonly never[] = [];

/** Without any, the row has no values. */
function projected(projection: EntityProjection, { attributes }: EntityRow): ProjectedAttributes {
  return new ProjectedAttributes(projection, Array.isArray(attributes) ? attributes : NONE);
}
