import type { AttributeDefinition, AttributeType, HotColumn } from './attribute.ts';
import { type AttributePlace, placeOf, rowPlace } from './attribute-place.ts';

/** A place for indexed values: rows of entity_attribute, or a column of the entity row. */
export type StoragePlace = 'row' | HotColumn;

/** What is being done with the stored values of an attribute. */
export type AttributeMove =
  /** They are brought to the place. Writers write there too; reads follow when it has everything, everywhere. */
  | { readonly kind: 'BUILD'; readonly place: StoragePlace }
  /** Reads do not use the place any more, except those that began before. Writers still write there. */
  | { readonly kind: 'LEAVE'; readonly place: StoragePlace }
  /** They are removed from the place. Nobody reads or writes there. */
  | { readonly kind: 'CLEAR'; readonly place: StoragePlace }
  /** They are removed everywhere, and the definition after them. */
  | { readonly kind: 'DELETE' };

/** The way of an attribute's stored values. Empty for an attribute whose values have always been where they are. */
export interface AttributeStorage {
  /** How many steps there have been; absent: none. Each step of the way, in the catalog, is one more. */
  readonly steps?: number;
  /** The step that is being made; absent: none. */
  readonly move?: AttributeMove;
  /** Nothing is left but the id: the values are gone, and the key is free. */
  readonly deleted?: true;
}

type Placed = Pick<AttributeDefinition, 'type' | 'filterable' | 'hotColumn' | 'storage'>;

export function isBeingDeleted({ storage: { move } }: Pick<AttributeDefinition, 'storage'>): boolean {
  return move?.kind === 'DELETE';
}

/** Whether values must not be written, because the attribute is or is being deleted. */
export function refusesValues(definition: Pick<AttributeDefinition, 'storage'>): boolean {
  return definition.storage.deleted === true || isBeingDeleted(definition);
}

/** Where reads find the indexed values; null: nowhere. */
export function storagePlace({ filterable, hotColumn }: Pick<Placed, 'filterable' | 'hotColumn'>): StoragePlace | null {
  return hotColumn ?? (filterable ? 'row' : null);
}

/** The place that a step concerns beside the one that reads use, if writers write there; null: none. */
function furtherPlace({ move }: AttributeStorage): StoragePlace | null {
  return move?.kind === 'BUILD' || move?.kind === 'LEAVE' ? move.place : null;
}

/** Where writers put the indexed form of a value. */
export function writtenPlaces(definition: Placed): readonly AttributePlace[] {
  const place = placeOf(definition as AttributeDefinition);
  const further = furtherPlace(definition.storage);
  const places = place === null ? [] : [place];
  return further === null ? places : [...places, placeNamed(further, definition.type)];
}

/** Whether writers put a row into entity_attribute for each value. */
export function hasRow(definition: Placed): boolean {
  if (storagePlace(definition) === 'row') return true;
  return furtherPlace(definition.storage) === 'row';
}

/** Whether the values have ever been anywhere else than they are, or are on the way. */
export function hasMoved({ storage: { steps = 0 } }: Pick<AttributeDefinition, 'storage'>): boolean {
  return steps > 0;
}

export function placeNamed(place: StoragePlace, type: AttributeType): AttributePlace {
  return place === 'row' ? rowPlace(type) : { kind: 'column', column: place };
}

/** The columns that an attribute occupies, on the way too. */
export function occupiedColumns({
  hotColumn,
  storage: { move },
}: Pick<AttributeDefinition, 'hotColumn' | 'storage'>): HotColumn[] {
  const onTheWay = move === undefined || move.kind === 'DELETE' || move.place === 'row' ? [] : [move.place];
  return hotColumn === null ? onTheWay : [hotColumn, ...onTheWay];
}

/** The step after the present one. */
export function nextStep({ steps = 0 }: AttributeStorage, move?: AttributeMove): AttributeStorage {
  return { steps: steps + 1, ...(move !== undefined && { move }) };
}
