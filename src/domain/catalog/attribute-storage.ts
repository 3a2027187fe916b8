import type { AttributePlace } from './attribute-place.ts';

/** What is being done with the stored values of an attribute. */
export type AttributeMove =
  /** They are removed everywhere, and the definition after them. */
  { readonly kind: 'DELETE' };

/** The way of an attribute's stored values. Empty for an attribute whose values have always been where they are. */
export interface AttributeStorage {
  /** How many steps there have been; absent: none. Each step of the way, in the catalog, is one more. */
  readonly steps?: number;
  /** The step that is being made; absent: none. */
  readonly move?: AttributeMove;
  /** Nothing is left but the id: the values are gone, and the key is free. */
  readonly deleted?: true;
}

interface Stored {
  readonly storage: AttributeStorage;
}

export function isBeingDeleted({ storage: { move } }: Stored): boolean {
  return move?.kind === 'DELETE';
}

/** Whether values must not be written, because the attribute is or is being deleted. */
export function refusesValues(definition: Stored): boolean {
  return definition.storage.deleted === true || isBeingDeleted(definition);
}

/**
 * Whether ClickHouse may have a row of entity_attribute that the present place of the attribute does not explain. A row is then removed
 * although none is expected, which changes nothing if there is none.
 */
export function mayHaveRow({ storage }: Stored, place: AttributePlace | null): boolean {
  return place?.kind === 'row' || (storage.steps ?? 0) > 0;
}
