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

/** These are the most frequent statements, so their texts are not built again for every read. */
const selectWhere = (id: string) =>
  watermarkedStatement({
    columns: POSTGRES_COLUMNS,
    body: `SELECT ${POSTGRES_COLUMNS.join(', ')} FROM atlas.entity WHERE tenant_id = $1::integer AND ${id}`,
  });
const BY_IDS = selectWhere('entity_id = ANY($2::bigint[])');
/** Its best plan is always the primary key. For many ids, it depends on the size of the tenant. */
const BY_ONE_ID = selectWhere('entity_id = $2::bigint');

/** The entities with these ids, in no particular order; ids that do not exist are left out. */
export function entitiesById(input: EntitiesByIdQuery): Question<Entities, Entities> {
  return {
    name: 'entitiesById',
    input,
    tenantId: input.tenantId,
    shard: input.shard,
    postgres: {
      select: () => {
        const [id, ...others] = input.ids;
        if (id === undefined || others.length > 0) return { text: BY_IDS, values: [input.tenantId, input.ids] };
        return { text: BY_ONE_ID, keepsPlan: true, values: [input.tenantId, id] };
      },
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
