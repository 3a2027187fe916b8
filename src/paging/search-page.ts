import type { KeyObject } from 'node:crypto';
import { search } from '../datasources/questions/search.ts';
import type { RoutedReads } from '../datasources/routed-reads.ts';
import type { EntityRecord } from '../domain/entity.ts';
import type { EntityProjection } from '../domain/entity-projection.ts';
import { AtlasError } from '../domain/errors.ts';
import { type EntityId, isEntityId } from '../domain/identifiers.ts';
import { RANK_UNIT, type RankedEntity, type SearchPosition, type SearchQuery } from '../domain/search/search-query.ts';
import type { FreshnessRequirement, ReadFreshness } from '../freshness/freshness.ts';
import { fingerprintOf } from './entity-cursor.ts';
import type { PageInfo } from './page-info.ts';
import { malformedCursor, signCursor, verifyCursor } from './signed-cursor.ts';

/** What was found, in a class for the reason that PageRow of entity-page.ts has. */
class FoundRow {
  readonly entity: EntityRecord;
  readonly rank: number;
  readonly #position: readonly [fingerprint: string, id: EntityId, rank: number];
  readonly #signingKey: KeyObject;

  constructor({ entity, rank }: RankedEntity, fingerprint: string, signingKey: KeyObject) {
    this.entity = entity;
    this.rank = rank / RANK_UNIT;
    this.#position = [fingerprint, entity.id, rank];
    this.#signingKey = signingKey;
  }

  get cursor(): string {
    return signCursor(this.#position, 'search', this.#signingKey);
  }
}

/** One page of `search`. */
export interface SearchPage {
  readonly rows: readonly FoundRow[];
  readonly pageInfo: PageInfo;
  readonly requirement: FreshnessRequirement;
  /** Of the rows. */
  readonly projection: EntityProjection | undefined;
  /** Of the rows. */
  readonly reads: readonly ReadFreshness[];
  readonly targetReads: readonly ReadFreshness[];
}

/**
 * @param targetReads Earlier reads, by which the page is as old as they are.
 * @param after a cursor of a page before; null: from the beginning.
 * @throws AtlasError BAD_USER_INPUT if the cursor is malformed, was changed, or comes from another search; and as RoutedReads does.
 */
export async function readSearchPage(
  query: Omit<SearchQuery, 'from'>,
  after: string | null,
  requirement: FreshnessRequirement,
  asked: RoutedReads,
  signingKey: KeyObject,
  targetReads: readonly ReadFreshness[],
): Promise<SearchPage> {
  const fingerprint = searchFingerprint(query);
  const from = after === null ? null : positionAfter(after, fingerprint, signingKey);
  const { data, reads } = await asked.ask(search({ ...query, from }), requirement);
  const rows = data.rows.map((row) => new FoundRow(row, fingerprint, signingKey));
  const pageInfo = {
    get startCursor() {
      return rows[0]?.cursor ?? null;
    },
    get endCursor() {
      return rows.at(-1)?.cursor ?? null;
    },
    hasNextPage: () => data.hasMore,
    hasPreviousPage: () => from !== null,
  };
  return { rows, pageInfo, requirement, projection: query.projection, reads, targetReads };
}

/** Identifies a search by all that decides what it finds and in which order. */
function searchFingerprint({ attributes, words, ...selection }: Omit<SearchQuery, 'from'>): string {
  return fingerprintOf(selection, [
    attributes.map(({ id }) => id),
    words.map(({ text, isPrefix }) => [text, isPrefix]),
  ]);
}

function positionAfter(cursor: string, fingerprint: string, key: KeyObject): SearchPosition {
  const [of, id, rank] = verifyCursor(cursor, 'search', key);
  if (of !== fingerprint) {
    throw new AtlasError(
      'BAD_USER_INPUT',
      'The cursor belongs to another search; keep text, type, keys and filter unchanged, or omit the cursor.',
      { hint: 'Omit the cursor to start again from the first page.' },
    );
  }
  if (typeof id !== 'string' || !isEntityId(id) || !Number.isSafeInteger(rank)) throw malformedCursor();
  return { id, rank: Number(rank) };
}
