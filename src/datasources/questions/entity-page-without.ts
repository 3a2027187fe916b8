import type { EntityPageQuery } from '../../domain/filter/page-position.ts';
import type { EntityId, ShardId } from '../../domain/identifiers.ts';
import { entityPage, type PositionedEntity } from './entity-page.ts';
import type { Question } from './question.ts';

type Rows = readonly PositionedEntity[];

/** A page of the copies in ClickHouse without some entities: with one row more than it has, as each source returns it. */
export function entityPageWithout(
  input: EntityPageQuery,
  without: ReadonlyMap<ShardId, readonly EntityId[]>,
): Question<Rows, Rows> {
  const { name, tenantId, shard, clickhouse } = entityPage(input);
  return {
    ...{ name, tenantId, shard, input },
    postgres: null,
    clickhouse: {
      select: (copies) => {
        const left = Array.from(copies, ([id, copy]) => {
          const except = [...(copy.except ?? []), ...(without.get(id) ?? [])];
          return [id, { ...copy, except }] as const;
        });
        return clickhouse.select(new Map(left));
      },
      parse: (rows) => clickhouse.parse(rows),
    },
    merge: (parts) => parts.flat(),
  };
}
