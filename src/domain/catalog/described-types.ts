import { checkEntityType } from '../entity-type.ts';
import { AtlasError } from '../errors.ts';
import type { TenantId } from '../identifiers.ts';
import { isStorableText } from '../values/storable.ts';
import { MAX_DESCRIPTION_LENGTH } from './check-definition.ts';

/** Of one tenant. Every process holds every description in memory. */
export const MAX_DESCRIBED_TYPES = 1_000;

/** What an entity type means, and its position in the catalog's history. */
export interface RevisedType {
  readonly tenantId: TenantId;
  readonly type: string;
  /** Null: not any more. */
  readonly description: string | null;
  readonly revision: number;
}

/** The entity types that a tenant has described. Immutable: a change creates another instance. */
export class DescribedTypes {
  static readonly NONE = new DescribedTypes(new Map(), 0);

  /** By type. */
  readonly descriptions: ReadonlyMap<string, string>;
  /** The revision of the latest change among them. */
  readonly revision: number;

  private constructor(descriptions: ReadonlyMap<string, string>, revision: number) {
    this.descriptions = descriptions;
    this.revision = revision;
  }

  with(changes: readonly RevisedType[]): DescribedTypes {
    const descriptions = new Map(this.descriptions);
    let revision = this.revision;
    for (const change of changes) {
      if (change.description === null) descriptions.delete(change.type);
      else descriptions.set(change.type, change.description);
      revision = Math.max(revision, change.revision);
    }
    return new DescribedTypes(descriptions, revision);
  }
}

/**
 * @param described What the tenant has described.
 * @param description Null removes it.
 * @returns whether this changes anything.
 * @throws AtlasError BAD_USER_INPUT | LIMIT_EXCEEDED
 */
export function checkDescription(
  described: ReadonlyMap<string, string>,
  type: string,
  description: string | null,
): boolean {
  checkEntityType(type);
  if (!isStorableText(description ?? '')) {
    throw new AtlasError('BAD_USER_INPUT', 'The description has a NUL character or an unpaired surrogate.');
  }
  if ((description?.length ?? 0) > MAX_DESCRIPTION_LENGTH) {
    throw new AtlasError(
      'BAD_USER_INPUT',
      `The description has ${description?.length} characters; the limit is ${MAX_DESCRIPTION_LENGTH}.`,
    );
  }
  if (description !== null && !described.has(type) && described.size >= MAX_DESCRIBED_TYPES) {
    throw new AtlasError(
      'LIMIT_EXCEEDED',
      `Entity type "${type}" cannot be described: the tenant has described ${MAX_DESCRIBED_TYPES} types, the limit.`,
    );
  }
  return (described.get(type) ?? null) !== description;
}
