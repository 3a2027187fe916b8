import { AtlasError } from '../domain/errors.ts';
import type { InferredColumn } from './infer-columns.ts';
import type { IdSource } from './row-identity.ts';

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
