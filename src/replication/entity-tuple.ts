import { HOT_COLUMNS, type HotColumn } from '../domain/catalog/attribute.ts';

/** The columns of atlas.entity that are never null. */
const REQUIRED_COLUMNS = [
  'tenant_id',
  'entity_id',
  'type',
  'version',
  'created_at',
  'updated_at',
  'attributes',
  'attribute_updated_at',
] as const;

const HOT: readonly HotColumn[] = Object.values(HOT_COLUMNS).flat();

export const ENTITY_COLUMNS: readonly string[] = [...REQUIRED_COLUMNS, ...HOT];

/** A row of atlas.entity: every column in Postgres' text form, so that nothing is lost by parsing and printing. */
export type EntityTuple = Readonly<Record<(typeof REQUIRED_COLUMNS)[number], string>> &
  Readonly<Record<HotColumn, string | null>>;
