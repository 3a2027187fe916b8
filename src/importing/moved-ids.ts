import type { EntityWrite } from '../datasources/entity-writer.ts';
import { attempt, isError } from '../domain/attempt.ts';
import type { AttributeDefinition } from '../domain/catalog/attribute.ts';
import type { UniqueAttribute } from '../domain/catalog/unique-attribute.ts';
import { EXPORT_COLUMNS } from '../domain/export-columns.ts';
import { keyedId } from '../domain/external-key.ts';
import { type EntityId, isEntityId, type TenantId } from '../domain/identifiers.ts';
import type { ValueLimits } from '../domain/values/attribute-value.ts';
import { isAbsent } from './cell.ts';
import { convertCell } from './convert-cell.ts';
import type { RowIdentity } from './row-identity.ts';
import type { SourceRow } from './sources/row-source.ts';

/** By the id in the file. */
export type MovedIds = ReadonlyMap<EntityId, EntityId>;

export const NOTHING_MOVED: MovedIds = new Map();

export interface MovedIdsOptions {
  readonly tenantId: TenantId;
  readonly identity: RowIdentity;
  /** By column name. */
  readonly attributes: ReadonlyMap<string, AttributeDefinition>;
  readonly keyOf: (type: string) => UniqueAttribute | undefined;
  readonly limits: ValueLimits;
}

/** Whether references of the file may name entities whose ids are others here: those of an export, of types that have a key. */
export function mayHaveMoved({ identity, attributes }: Pick<MovedIdsOptions, 'identity' | 'attributes'>): boolean {
  if (identity.source.kind !== 'exported') return false;
  const known = [...attributes.values()];
  return known.some(({ type }) => type === 'REFERENCE') && known.some(({ keySalt }) => keySalt !== null);
}

/**
 * The entities of an export that have another id here, because it follows from their key and they come from another tenant or installation. References to
 * them may precede them in the file, so it is read once for them alone. Takes about 200 bytes of memory for each.
 */
export async function readMovedIds(
  rows: AsyncIterable<SourceRow>,
  options: MovedIdsOptions,
  signal: AbortSignal,
): Promise<MovedIds> {
  const columns = new Map([...options.attributes].map(([name, { id }]) => [id, name]));
  const moved = new Map<EntityId, EntityId>();
  for await (const row of rows) {
    signal.throwIfAborted();
    if (row.kind === 'malformed') continue;
    const { fields } = row;
    const id = String(fields[EXPORT_COLUMNS.id] ?? '').trim();
    // What is wrong with a row is said when it is written.
    const derived = attempt(() => {
      const type = options.identity.typeOf(row);
      const key = options.keyOf(type);
      const value = key === undefined ? undefined : fields[columns.get(key.id) ?? ''];
      if (key === undefined || isAbsent(value, options.identity.untyped)) return null;
      const set = [{ attribute: key, value: convertCell(value, key, options.identity.untyped, options.limits) }];
      return keyedId(options.tenantId, key, { id: null, type, set, remove: [] });
    });
    if (isError(derived) || derived === null || derived === id || !isEntityId(id)) continue;
    moved.set(id, derived);
  }
  return moved;
}

/** What a row sets, with references to where the entities are here. */
export function withMovedReferences(set: EntityWrite['set'], moved: MovedIds): EntityWrite['set'] {
  if (moved.size === 0) return set;
  return set.map((entry) => {
    const { attribute, value } = entry;
    const now = attribute.type === 'REFERENCE' && typeof value === 'string' ? moved.get(value) : undefined;
    return now === undefined ? entry : { attribute, value: now };
  });
}
