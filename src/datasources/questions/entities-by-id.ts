import type { EntityRecord } from '../../domain/entity.ts';
import type { EntitySelection } from '../../domain/filter/filter.ts';
import type { EntityId, ShardId, TenantId } from '../../domain/identifiers.ts';
import { clickhouseSelect } from '../clickhouse/clickhouse-form.ts';
import {
  ENTITY_COLUMNS as CLICKHOUSE_COLUMNS,
  type EntityRow as ClickHouseRow,
  entityRecord as clickhouseRecord,
} from '../clickhouse/entity-row.ts';
import {
  ENTITY_COLUMNS as POSTGRES_COLUMNS,
  type EntityRow as PostgresRow,
  entityRecord as postgresRecord,
} from '../postgres/reading/entity-row.ts';
import { postgresSelect } from '../postgres/reading/postgres-form.ts';
import type { Question } from './question.ts';

export interface EntitiesByIdQuery {
  readonly tenantId: TenantId;
  /** All of them live on `shard`. */
  readonly ids: readonly EntityId[];
  readonly shard: ShardId;
}

type Entities = readonly EntityRecord[];

/** The entities with these ids, in no particular order; ids that do not exist are left out. */
export function entitiesById(input: EntitiesByIdQuery): Question<Entities, Entities> {
  const selection: EntitySelection = {
    tenantId: input.tenantId,
    type: null,
    filter: { kind: 'ids', ids: input.ids },
  };
  return {
    name: 'entitiesById',
    input,
    shard: input.shard,
    postgres: {
      select: () =>
        postgresSelect(selection, (source) => ({
          columns: POSTGRES_COLUMNS,
          body: source.select(POSTGRES_COLUMNS.map((column) => `e.${column}`).join(', ')),
        })),
      parse: (rows: readonly PostgresRow[]) => rows.map(postgresRecord),
    },
    clickhouse: {
      select: (shards) => clickhouseSelect(shards, selection, (source) => source.select(CLICKHOUSE_COLUMNS)),
      parse: (rows: readonly ClickHouseRow[]) => rows.map(clickhouseRecord),
    },
    merge: (parts) => parts.flat(),
    entitiesPerPart: (_, parts) => parts.map((part) => part.length),
  };
}
