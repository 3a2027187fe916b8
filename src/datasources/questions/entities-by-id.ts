import type { EntityRecord } from '../../domain/entity.ts';
import type { EntityProjection } from '../../domain/entity-projection.ts';
import type { EntitySelection } from '../../domain/filter/filter.ts';
import type { EntityId, ShardId, TenantId } from '../../domain/identifiers.ts';
import { clickhouseSelect } from '../clickhouse/clickhouse-form.ts';
import {
  ENTITY_COLUMNS as CLICKHOUSE_COLUMNS,
  type EntityRow as ClickHouseRow,
  entityRecord as clickhouseRecord,
} from '../clickhouse/entity-row.ts';
import { EntityForm, type EntityRow as PostgresRow } from '../postgres/reading/entity-row.ts';
import type { PostgresStatement } from '../postgres/reading/postgres-form.ts';
import { watermarkedStatement } from '../postgres/reading/watermarked-statement.ts';
import type { Question } from './question.ts';

export interface EntitiesByIdQuery {
  readonly tenantId: TenantId;
  /** All of them live on `shard`. */
  readonly ids: readonly EntityId[];
  readonly shard: ShardId;
  /** What is needed of their attributes; undefined: all of them. */
  readonly projection?: EntityProjection | undefined;
}

/** Up to so many ids, the plan of a statement is kept. */
const FEW = 50;

type Entities = readonly EntityRecord[];

/** The entities with these ids, in no particular order; ids that do not exist are left out. */
export function entitiesById(input: EntitiesByIdQuery): Question<Entities, Entities> {
  const form = new EntityForm(input.projection);
  const { tenantId, shard, ids } = input;
  return {
    name: 'entitiesById',
    input,
    tenantId,
    shard,
    postgres: {
      select: () => postgresStatement(input, form),
      parse: (rows: readonly PostgresRow[]) => rows.map((row) => form.record(row)),
    },
    clickhouse: {
      select: (copies) => clickhouseSelect(copies, selection(input), (source) => source.select(CLICKHOUSE_COLUMNS)),
      parse: (rows: readonly ClickHouseRow[]) => rows.map(clickhouseRecord),
    },
    lookup: {
      key: `${tenantId} ${shard} ${form.shape} ${form.keys ?? ''}`,
      ids,
      mostIds: FEW,
      withIds: (all) => entitiesById({ ...input, ids: all }),
      share: (part) => part.filter(({ id }) => ids.includes(id)),
    },
    merge: (parts) => parts.flat(),
    entitiesPerPart: (_, parts) => parts.map((part) => part.length),
  };
}

/** The texts for one id, for few, and for any number. */
interface Texts {
  readonly one: string;
  readonly few: string;
  readonly many: string;
}

/** These are the most frequent statements, so their texts are not built again for every read. */
const TEXTS = new Map<string, Texts>();

function textsOf(form: EntityForm): Texts {
  let texts = TEXTS.get(form.shape);
  if (texts === undefined) {
    const entity = 'SELECT * FROM atlas.entity WHERE tenant_id = $1::integer AND entity_id';
    texts = {
      one: selectFrom(`(${entity} = $2::bigint) e`, form),
      // Each is looked up by its key. Of an array of unknown length, the planner takes a tenant that it does not know for one without entities, and reads all of it.
      few: selectFrom(`unnest($2::bigint[]) AS asked (id) CROSS JOIN LATERAL (${entity} = asked.id OFFSET 0) e`, form),
      many: selectFrom(`(${entity} = ANY($2::bigint[])) e`, form),
    };
    TEXTS.set(form.shape, texts);
  }
  return texts;
}

function postgresStatement({ tenantId, ids }: EntitiesByIdQuery, form: EntityForm): PostgresStatement {
  const texts = textsOf(form);
  const different = [...new Set(ids)];
  const [id = null] = different;
  const keys = form.keys === null ? [] : [form.keys];
  // For many, the best plan depends on the size of the tenant.
  if (different.length > FEW) return { text: texts.many, values: [tenantId, different, ...keys] };
  if (different.length > 1) return { text: texts.few, plan: 'kept', values: [tenantId, different, ...keys] };
  return { text: texts.one, plan: 'kept', values: [tenantId, id, ...keys] };
}

function selectFrom(source: string, form: EntityForm): string {
  const expressions = form.expressions('$3::text[]').join(', ');
  return watermarkedStatement({ columns: form.columns, body: `SELECT ${expressions} FROM ${source}` });
}

function selection({ tenantId, ids }: EntitiesByIdQuery): EntitySelection {
  return { tenantId, type: null, filter: { kind: 'ids', ids } };
}
