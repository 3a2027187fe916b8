import type { AttributeDefinition } from '../catalog/attribute.ts';
import type { EntityRecord } from '../entity.ts';
import type { EntityProjection } from '../entity-projection.ts';
import type { EntitySelection } from '../filter/filter.ts';
import type { EntityId } from '../identifiers.ts';
import type { SearchWord } from './search-words.ts';

/** Ranks are integers, so that all engines compute the same. */
export const RANK_UNIT = 1_000_000;

export interface SearchQuery extends EntitySelection {
  /** At least one; TEXT attributes that are filterable. */
  readonly attributes: readonly AttributeDefinition[];
  /** At least one. Each must occur in one of the attributes. */
  readonly words: readonly SearchWord[];
  /** Only what follows this entity; null: from the beginning. */
  readonly from: SearchPosition | null;
  /** The most entities of the page. */
  readonly limit: number;
  /** What is needed of their attributes; undefined: all of them. */
  readonly projection?: EntityProjection | undefined;
}

/** The position of an entity in the list that a search finds: the highest rank first, then by id. */
export interface SearchPosition {
  readonly rank: number;
  readonly id: EntityId;
}

/**
 * An entity that has all the words. Its rank is the share of its texts that the words in them make up: of each attribute, the characters of the
 * words that occur in it, each word counted once, divided by the characters of the text; in units of 1 / RANK_UNIT, rounded down, and then
 * added up over the attributes.
 */
export interface RankedEntity {
  readonly entity: EntityRecord;
  readonly rank: number;
}

/** Characters are Unicode code points. */
export function charactersOf({ text }: SearchWord): number {
  return [...text].length;
}
