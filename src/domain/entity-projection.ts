import type { AttributeDefinition, AttributeId } from './catalog/attribute.ts';

/** The most attributes of a projection: who shows more of an entity reads all of it. */
export const MOST_PROJECTED = 32;

interface ProjectedParts {
  readonly hasTimes?: boolean;
  readonly hasStamp?: boolean;
}

/**
 * What a read returns of its entities beside id and type, at least. An entity may have thousands, of which a request shows a few. Where a projection
 * may be given, undefined means all of them.
 */
export class EntityProjection {
  /** Each once, at most MOST_PROJECTED. */
  readonly attributes: readonly AttributeDefinition[];
  /** Whether the read also returns when they were set. */
  readonly hasTimes: boolean;
  /** Whether it returns the entity's version, and when the entity was created and changed. */
  readonly hasStamp: boolean;
  /** By attribute id. */
  readonly #places: ReadonlyMap<AttributeId, number>;

  /** Times include the stamp: attributes that have none of their own were set when the entity was created. */
  constructor(attributes: readonly AttributeDefinition[], { hasTimes = false, hasStamp = false }: ProjectedParts = {}) {
    this.attributes = attributes;
    this.hasTimes = hasTimes;
    this.hasStamp = hasStamp || hasTimes;
    this.#places = new Map(attributes.map(({ id }, place) => [id, place]));
  }

  /** Where an attribute is among those of the projection. */
  placeOf(id: AttributeId): number | undefined {
    return this.#places.get(id);
  }

  /** This one, and these attributes; undefined: all. */
  including(attributes: Iterable<AttributeDefinition>): EntityProjection | undefined {
    const all = new Map([...this.attributes, ...attributes].map((attribute) => [attribute.id, attribute]));
    if (all.size === this.attributes.length) return this;
    return all.size > MOST_PROJECTED ? undefined : new EntityProjection([...all.values()], this);
  }

  /** Whether what is read with this one has everything that the other one asks for. */
  covers({ attributes, hasTimes, hasStamp }: EntityProjection): boolean {
    const hasParts = (this.hasTimes || !hasTimes) && (this.hasStamp || !hasStamp);
    return hasParts && attributes.every(({ id }) => this.#places.has(id));
  }
}

/** For reads of which only the entities' ids and types count. */
export const NO_ATTRIBUTES = new EntityProjection([]);
