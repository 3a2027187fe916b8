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
import { watermarkedStatement } from '../postgres/reading/watermarked-statement.ts';
import type { Question } from './question.ts';

export interface EntitiesByIdQuery {
  readonly tenantId: TenantId;
  /** All of them live on `shard`. */
  readonly ids: readonly EntityId[];
  readonly shard: ShardId;
}

type Entities = readonly EntityRecord[];

/** The same for all ids. This is the most frequent statement, so its text is not built again for every read. */
const BY_ID = watermarkedStatement({
  columns: POSTGRES_COLUMNS,
  body: `SELECT ${POSTGRES_COLUMNS.join(', ')} FROM atlas.entity WHERE tenant_id = $1::integer AND entity_id = ANY($2::bigint[])`,
});

/** The entities with these ids, in no particular order; ids that do not exist are left out. */
export function entitiesById(input: EntitiesByIdQuery): Question<Entities, Entities> {
  return {
    name: 'entitiesById',
    input,
    tenantId: input.tenantId,
    shard: input.shard,
    postgres: {
      select: () => ({ text: BY_ID, values: [input.tenantId, input.ids] }),
      parse: (rows: readonly PostgresRow[]) => rows.map(postgresRecord),
    },
    clickhouse: {
      select: (copies) => clickhouseSelect(copies, selection(input), (source) => source.select(CLICKHOUSE_COLUMNS)),
      parse: (rows: readonly ClickHouseRow[]) => rows.map(clickhouseRecord),
    },
    merge: (parts) => parts.flat(),
    entitiesPerPart: (_, parts) => parts.map((part) => part.length),
  };
}

function selection({ tenantId, ids }: EntitiesByIdQuery): EntitySelection {
  return { tenantId, type: null, filter: { kind: 'ids', ids } };
}
