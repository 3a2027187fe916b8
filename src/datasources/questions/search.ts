import type { RankedEntity, SearchQuery } from '../../domain/search/search-query.ts';
import * as clickhouse from '../clickhouse/search-statement.ts';
import { EntityForm } from '../postgres/reading/entity-row.ts';
import * as postgres from '../postgres/reading/search-statement.ts';
import type { Question } from './question.ts';

export interface SearchRows {
  /** The highest rank first, then by id. */
  readonly rows: readonly RankedEntity[];
  readonly hasMore: boolean;
}

/** The selected entities that have all the words. One row more than the page has is requested from each source, to show whether more follow. */
export function search(input: SearchQuery): Question<readonly RankedEntity[], SearchRows> {
  const read = { ...input, limit: input.limit + 1 };
  const form = new EntityForm(input.projection);
  return {
    name: 'search',
    input,
    tenantId: input.tenantId,
    shard: null,
    postgres: {
      select: () => postgres.searchStatement(read, form),
      parse: (rows: readonly postgres.SearchRow[]) => rows.map((row) => postgres.rankedEntity(row, form)),
    },
    clickhouse: {
      select: (copies) => clickhouse.searchStatement(copies, read),
      parse: (rows: readonly clickhouse.SearchRow[]) => rows.map(clickhouse.rankedEntity),
    },
    merge(parts) {
      const rows = parts.length === 1 ? parts.flat() : parts.flat().sort(inOrder);
      return { rows: rows.slice(0, input.limit), hasMore: rows.length > input.limit };
    },
    entitiesPerPart({ rows }, parts) {
      const kept = new Set(rows);
      return parts.map((part) => part.filter((row) => kept.has(row)).length);
    },
  };
}

function inOrder(a: RankedEntity, b: RankedEntity): number {
  if (a.rank !== b.rank) return b.rank - a.rank;
  return BigInt(a.entity.id) < BigInt(b.entity.id) ? -1 : 1;
}
