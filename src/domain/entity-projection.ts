import type { AttributeDefinition, AttributeId } from './catalog/attribute.ts';

/** The most attributes of a projection: who shows more of an entity reads all of it. */
export const MOST_PROJECTED = 32;

/**
 * What a read returns of its entities' attributes, at least. An entity may have thousands, of which a request shows a few. Where a projection
 * may be given, undefined means all of them.
 */
export class EntityProjection {
  /** Each once, at most MOST_PROJECTED. */
  readonly attributes: readonly AttributeDefinition[];
  /** Whether the read also returns when they were set. */
  readonly hasTimes: boolean;
  readonly #ids: ReadonlySet<AttributeId>;

  constructor(attributes: readonly AttributeDefinition[], hasTimes: boolean) {
    this.attributes = attributes;
    this.hasTimes = hasTimes;
    this.#ids = new Set(attributes.map(({ id }) => id));
  }

  /** This one, and these attributes; undefined: all. */
  including(attributes: Iterable<AttributeDefinition>): EntityProjection | undefined {
    const all = new Map([...this.attributes, ...attributes].map((attribute) => [attribute.id, attribute]));
    if (all.size === this.attributes.length) return this;
    return all.size > MOST_PROJECTED ? undefined : new EntityProjection([...all.values()], this.hasTimes);
  }

  /** Whether what is read with this one has everything that the other one asks for. */
  covers({ attributes, hasTimes }: EntityProjection): boolean {
    return (this.hasTimes || !hasTimes) && attributes.every(({ id }) => this.#ids.has(id));
  }
}

/** For reads of which only the entities count. */
export const NO_ATTRIBUTES = new EntityProjection([], false);
