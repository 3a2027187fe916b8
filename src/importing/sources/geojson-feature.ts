import type { RawValue } from './row-source.ts';

type Fields = Readonly<Record<string, RawValue>>;

/**
 * A GeoJSON feature as one flat row: its properties, `geometry`, and its id as `feature_id`. Any other object is
 * returned as it is. A property of the same name goes before the feature's own member.
 */
export function flattenFeature(row: Fields): Fields {
  const properties = row.properties;
  if (row.type !== 'Feature' || !('geometry' in row) || typeof properties !== 'object') return row;
  return {
    feature_id: row.id,
    geometry: row.geometry,
    ...(properties as Fields | null),
  };
}
