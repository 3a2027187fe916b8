import { EXPORT_COLUMNS } from '../../domain/export-columns.ts';
import type { RawValue } from './row-source.ts';

type Fields = Readonly<Record<string, RawValue>>;

/**
 * Flattens a GeoJSON feature to one row: its properties, `geometry`, and its id as `feature_id`. A property of the same name
 * takes precedence over the feature's own member. Any other object is returned unchanged, and so is an
 * entity that was exported, whatever attributes it has.
 */
export function flattenFeature(row: Fields): Fields {
  const properties = row.properties;
  if (EXPORT_COLUMNS.id in row || row.type !== 'Feature' || !('geometry' in row) || typeof properties !== 'object')
    return row;
  return {
    feature_id: row.id,
    geometry: row.geometry,
    ...(properties as Fields | null),
  };
}
