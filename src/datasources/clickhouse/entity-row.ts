import type { AttributeValue } from '../../domain/catalog/attribute.ts';
import type { WholeEntity } from '../../domain/entity.ts';

/** The columns of `entity AS e` that make an entity. */
export const ENTITY_COLUMNS = `e.entity_id AS id, e.type AS type, e.version AS version, e.created_at AS created_at,
  e.updated_at AS updated_at, e.attributes AS attributes, e.attribute_updated_at AS attribute_updated_at`;

/** 64-bit integers are decimal digits, timestamps milliseconds since the epoch. */
export interface EntityRow {
  readonly id: string;
  readonly type: string;
  readonly version: string;
  readonly created_at: string;
  readonly updated_at: string;
  readonly attributes: string;
  readonly attribute_updated_at: string;
}

export function entityRecord(row: EntityRow): WholeEntity {
  return {
    id: row.id,
    type: row.type,
    version: BigInt(row.version),
    createdAt: new Date(Number(row.created_at)),
    updatedAt: new Date(Number(row.updated_at)),
    attributes: JSON.parse(row.attributes) as Record<string, AttributeValue>,
    attributeUpdatedAt: JSON.parse(row.attribute_updated_at) as Record<string, number>,
  };
}
