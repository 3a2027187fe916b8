import type { AttributeValue } from '../../../domain/catalog/attribute.ts';
import type { EntityRecord } from '../../../domain/entity.ts';

/** The columns of atlas.entity that make an EntityRecord. */
export const ENTITY_COLUMNS = [
  'entity_id',
  'type',
  'version',
  'created_at',
  'updated_at',
  'attributes',
  'attribute_updated_at',
] as const;

export interface EntityRow {
  readonly entity_id: string;
  readonly type: string;
  readonly version: string;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  readonly attribute_updated_at: Readonly<Record<string, number>>;
}

export function entityRecord(row: EntityRow): EntityRecord {
  return {
    id: row.entity_id,
    type: row.type,
    version: BigInt(row.version),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    attributes: row.attributes,
    attributeUpdatedAt: row.attribute_updated_at,
  };
}
