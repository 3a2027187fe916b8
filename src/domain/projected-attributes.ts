import type { AttributeId, AttributeValue } from './catalog/attribute.ts';
import type { EntityProjection } from './entity-projection.ts';

/** In stored form, keyed by attribute id (decimal digits). */
export type StoredAttributes = Readonly<Record<string, AttributeValue>>;

/**
 * The attributes of an entity that a projection asks for. An object with members for their ids would take V8 dozens of times as long to make, and
 * kilobytes: such members are elements, of an array as long as the greatest id or of a hash table.
 */
export class ProjectedAttributes {
  readonly projection: EntityProjection;
  /** In stored form and in the order of the projection, null where the entity has none: JSON null is no value of an attribute. */
  readonly values: readonly (AttributeValue | null)[];

  constructor(projection: EntityProjection, values: readonly (AttributeValue | null)[]) {
    this.projection = projection;
    this.values = values;
  }

  get(id: AttributeId): AttributeValue | undefined {
    const place = this.projection.placeOf(id);
    return place === undefined ? undefined : (this.values[place] ?? undefined);
  }
}
